/* Servers on C libevent, as its manual writes them: libevent echo|accept */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_read(struct bufferevent *bev, void *arg) {
  (void)arg;
  evbuffer_add_buffer(bufferevent_get_output(bev), bufferevent_get_input(bev));
}

static void on_event(struct bufferevent *bev, short what, void *arg) {
  (void)arg;
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) bufferevent_free(bev);
}

static void on_echo(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                    int length, void *arg) {
  (void)address, (void)length, (void)arg;
  struct bufferevent *bev =
      bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(bev, on_read, NULL, on_event, NULL);
  bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void on_close(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                     int length, void *arg) {
  (void)listener, (void)address, (void)length, (void)arg;
  close(fd);
}

int main(int argc, char **argv) {
  evconnlistener_cb callback = argc > 1 && strcmp(argv[1], "echo") == 0 ? on_echo : on_close;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  signal(SIGPIPE, SIG_IGN);
  struct event_base *base = event_base_new();
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (base == NULL) return 1;
  struct evconnlistener *listener = evconnlistener_new_bind(
      base, callback, NULL, LEV_OPT_CLOSE_ON_FREE, -1, (struct sockaddr *)&address, sizeof address);
  if (listener == NULL) {
    perror("evconnlistener_new_bind");
    return 1;
  }
  getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &length);
  printf("port %d %s\n", ntohs(address.sin_port), event_base_get_method(base));
  fflush(stdout);
  return event_base_dispatch(base);
}
