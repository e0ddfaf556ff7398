/* Servers on nothing but epoll(7), what any library can at most come near: epoll echo|accept */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 1024, BUFFER = 1 << 16 };

static char buffer[BUFFER];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* What did not go out yet; most connections never have any. */
struct connection {
  int fd;
  size_t start, end;
  char *rest;
};

static void end(struct connection *c) {
  close(c->fd);
  free(c->rest);
  free(c);
}

static void watch(int epfd, struct connection *c, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(epfd, EPOLL_CTL_MOD, c->fd, &event) < 0) fail("epoll_ctl");
}

static void answer(int epfd, struct connection *c) {
  ssize_t count = recv(c->fd, buffer, BUFFER, 0);
  if (count <= 0) {
    end(c);
    return;
  }
  ssize_t sent = send(c->fd, buffer, count, MSG_NOSIGNAL);
  if (sent == count) return;
  if (sent < 0 && errno != EAGAIN) {
    end(c);
    return;
  }
  if (sent < 0) sent = 0;
  if (c->rest == NULL) c->rest = malloc(BUFFER);
  if (c->rest == NULL) fail("malloc");
  c->start = 0;
  c->end = count - sent;
  memcpy(c->rest, buffer + sent, c->end);
  watch(epfd, c, EPOLLOUT);
}

static void send_rest(int epfd, struct connection *c) {
  ssize_t sent = send(c->fd, c->rest + c->start, c->end - c->start, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    end(c);
    return;
  }
  if (sent > 0) c->start += sent;
  if (c->start == c->end) watch(epfd, c, EPOLLIN);
}

int main(int argc, char **argv) {
  int echoes = argc > 1 && strcmp(argv[1], "echo") == 0;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
      listen(listener, 128) < 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) < 0) {
    fail("listen");
  }
  int epfd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
  if (epfd < 0 || epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &event) < 0) fail("epoll");
  printf("port %d epoll\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int ready = epoll_wait(epfd, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (c != NULL) {
        if (events[i].events & EPOLLOUT) send_rest(epfd, c);
        else answer(epfd, c);
        continue;
      }
      for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        if (!echoes) {
          close(fd);
          continue;
        }
        c = calloc(1, sizeof *c);
        if (c == NULL) fail("calloc");
        c->fd = fd;
        event.data.ptr = c;
        if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
      }
    }
  }
}
