/*
 * The load of the benchmarks, on 127.0.0.1. What it prints is one line of JSON.
 *
 *   client echo   PORT PID CONNECTIONS SIZE WINDOW SECONDS
 *   client lines  PORT PID CONNECTIONS SIZE WINDOW SECONDS    as echo, and each message is a line of digits,
 *                                                             which ROT13 leaves as they are
 *   client typed  PORT PID CONNECTIONS SIZE RATE SECONDS      RATE lines a second over all connections, or, if it is 0,
 *                                                             each sends its next as soon as it is answered
 *   client accept PORT PID BATCH SECONDS
 *   client idle   PORT COUNT TOUCH
 *
 * PID is the server's, whose main thread's time on a processor is reported beside this one's; where lines are
 * typed, with that of its children.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 1024, EVENTS = 256, BUFFER = 1 << 18, MOST_LINES = 1 << 20 };

/* Milliseconds between two looks at who is to type: as a crowd of a lab has it. */
#define TICK 20

/* The part of a run that is not counted: caches fill, compilers compile. */
#define WARM_UP 0.2

static char buffer[BUFFER];
static struct sockaddr_in server;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static double own_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

/* Seconds that the main thread of a process has run. */
static double time_of(int pid) {
  char path[64];
  unsigned long long nanoseconds = 0;
  snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL || fscanf(file, "%llu", &nanoseconds) != 1) fail(path);
  fclose(file);
  return nanoseconds / 1e9;
}

/* As time_of(), with the children that it has now. */
static double time_of_all(int pid) {
  char path[64];
  int child;
  double sum = time_of(pid);
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) fail(path);
  while (fscanf(file, "%d", &child) == 1) sum += time_of(child);
  fclose(file);
  return sum;
}

static int connect_one(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) fail("connect");
  return fd;
}

/* What is measured: since when, and what the clocks said then. */
struct measurement {
  double start, own, other;
  int pid;
};

static void begin(struct measurement *m, int pid) {
  m->pid = pid;
  m->own = own_time();
  m->other = time_of(pid);
  m->start = now();
}

static void report(const struct measurement *m, double count) {
  double seconds = now() - m->start;
  printf("{\"perSecond\":%.1f,\"clientBusy\":%.3f,\"serverBusy\":%.3f}\n", count / seconds,
         (own_time() - m->own) / seconds, (time_of(m->pid) - m->other) / seconds);
}

struct connection {
  int fd;
  uint64_t sent, received;
};

/* Sends what the window still lets. When the socket is full, something is on its way back. */
static void fill(struct connection *c, uint64_t size, uint64_t window) {
  while (c->sent - c->received + size <= window || c->sent % size != 0) {
    size_t most = size - c->sent % size;
    ssize_t count = send(c->fd, buffer, most, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN) return;
      fail("send");
    }
    c->sent += count;
  }
}

static void echo(int pid, int count, uint64_t size, uint64_t window, double seconds, int lines) {
  static struct connection connections[MOST_CONNECTIONS];
  struct epoll_event events[EVENTS];
  struct measurement m;
  uint64_t bytes = 0;
  int measuring = 0, passes = 0, epfd = epoll_create1(EPOLL_CLOEXEC);
  if (count > MOST_CONNECTIONS || size > BUFFER) exit(2);
  memset(buffer, lines ? '7' : 'x', sizeof buffer);
  if (lines) buffer[size - 1] = '\n';
  for (int i = 0; i < count; i++) {
    struct connection *c = &connections[i];
    int on = 1;
    c->fd = connect_one();
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, c->fd, &event) < 0) fail("epoll_ctl");
  }
  for (int i = 0; i < count; i++) fill(&connections[i], size, window);
  double start = now(), end = start + seconds * (1 + WARM_UP);
  for (;;) {
    int ready = epoll_wait(epfd, events, EVENTS, 5000);
    if (ready <= 0) fail("no answer for 5 seconds: epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      /* The first answer is compared; after that the kernel throws the bytes away uncopied. */
      int first = c->received < size;
      ssize_t got = recv(c->fd, buffer + (first ? size : 0), first ? size : BUFFER,
                         first ? 0 : MSG_TRUNC);
      if (got <= 0) fail("recv");
      if (first && memcmp(buffer, buffer + size, got) != 0) fail("the server sent other bytes");
      c->received += got;
      bytes += got;
      fill(c, size, window);
    }
    if (++passes % 16 != 0 && ready > 1) continue;
    double time = now();
    if (!measuring && time > start + seconds * WARM_UP) {
      measuring = 1;
      bytes = 0;
      begin(&m, pid);
    } else if (measuring && time > end) {
      report(&m, (double)bytes / size);
      return;
    }
  }
}

static int compare(const void *one, const void *other) {
  double a = *(const double *)one, b = *(const double *)other;
  return a < b ? -1 : a > b;
}

struct typist {
  int fd;
  uint64_t received;
  double sent;
  int waits;
};

static void type_line(struct typist *t, uint64_t size) {
  t->sent = now();
  t->waits = 1;
  if (send(t->fd, buffer, size, MSG_NOSIGNAL) != (ssize_t)size) fail("send");
}

/* How long each line takes to be answered, as whoever typed it has it. */
static void typed(int pid, int count, uint64_t size, double rate, double seconds) {
  static struct typist typists[MOST_CONNECTIONS];
  static double took[MOST_LINES];
  struct epoll_event events[EVENTS];
  int measuring = 0, lines = 0, next = 0, epfd = epoll_create1(EPOLL_CLOEXEC);
  double due = 0, work = 0;
  if (count > MOST_CONNECTIONS || size > BUFFER) exit(2);
  memset(buffer, '7', size);
  buffer[size - 1] = '\n';
  for (int i = 0; i < count; i++) {
    int on = 1;
    typists[i].fd = connect_one();
    setsockopt(typists[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &typists[i]};
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, typists[i].fd, &event) < 0) fail("epoll_ctl");
  }
  /* Everybody says something first: who is not accepted yet types into the void. */
  for (int i = 0; i < count; i++) type_line(&typists[i], size);
  for (int i = 0; i < count; i++) {
    if (recv(typists[i].fd, buffer + size, size, MSG_WAITALL) != (ssize_t)size) fail("recv");
    if (memcmp(buffer, buffer + size, size) != 0) fail("the server sent other bytes");
    typists[i].waits = 0;
    if (rate == 0) type_line(&typists[i], size);
  }
  double start = now(), last = start, end = start + seconds * (1 + WARM_UP);
  for (;;) {
    double time = now();
    if (!measuring && time > start + seconds * WARM_UP) {
      measuring = 1;
      lines = 0;
      work = time_of_all(pid);
      start = time;
    }
    if (measuring && (time > end || lines == MOST_LINES)) break;
    if (rate > 0 && time - last >= TICK / 1e3) {
      due += (time - last) * rate;
      if (due > count) due = count;
      last = time;
      /* Whoever is not answered yet does not type. */
      for (; due >= 1; due--) {
        struct typist *t = &typists[next++ % count];
        if (!t->waits) type_line(t, size);
      }
    }
    int wait = rate == 0 ? 5000 : (int)((last - now()) * 1e3) + TICK;
    int ready = epoll_wait(epfd, events, EVENTS, wait < 0 ? 0 : wait);
    if (ready < 0 || (ready == 0 && rate == 0)) fail("no answer for 5 seconds: epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct typist *t = events[i].data.ptr;
      ssize_t got = recv(t->fd, buffer + size, size - t->received, MSG_TRUNC);
      if (got <= 0) fail("recv");
      t->received += got;
      if (t->received < size) continue;
      t->received = 0;
      t->waits = 0;
      if (lines < MOST_LINES) took[lines++] = now() - t->sent;
      if (rate == 0) type_line(t, size);
    }
  }
  work = time_of_all(pid) - work;
  if (lines == 0) fail("no line was answered");
  qsort(took, lines, sizeof *took, compare);
  printf("{\"lines\":%d,\"median\":%.2f,\"slow\":%.2f,\"work\":%.2f}\n", lines, took[lines / 2] * 1e6,
         took[(int)(lines * 0.95)] * 1e6, work / lines * 1e6);
}

static void accept_and_close(int pid, int batch, double seconds) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  int fds[MOST_CONNECTIONS];
  struct measurement m;
  double count = 0, start = now();
  int measuring = 0;
  if (batch > MOST_CONNECTIONS) exit(2);
  for (;;) {
    /* A batch is smaller than the server's backlog, so that no connect waits for a second try. */
    for (int i = 0; i < batch; i++) {
      fds[i] = connect_one();
      setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    for (int i = 0; i < batch; i++) {
      if (recv(fds[i], buffer, 1, 0) != 0) fail("the server did not close: recv");
      /* Resets what is left, so that no port stays in TIME_WAIT. */
      close(fds[i]);
    }
    count += batch;
    double time = now();
    if (!measuring && time > start + seconds * WARM_UP) {
      measuring = 1;
      count = 0;
      begin(&m, pid);
    } else if (measuring && time > start + seconds * (1 + WARM_UP)) {
      report(&m, count);
      return;
    }
  }
}

/* Holds connections until standard input ends. Each TOUCHth has had a message echoed. */
static void idle(int count, int touch) {
  int *fds = calloc(count, sizeof *fds);
  if (fds == NULL) fail("calloc");
  for (int i = 0; i < count; i++) {
    fds[i] = connect_one();
    if ((i + 1) % touch != 0) continue;
    if (send(fds[i], buffer, 64, MSG_NOSIGNAL) != 64) fail("send");
    if (recv(fds[i], buffer, 64, MSG_WAITALL) != 64) fail("recv");
  }
  printf("{\"connections\":%d}\n", count);
  fflush(stdout);
  while (read(0, buffer, sizeof buffer) > 0) continue;
}

int main(int argc, char **argv) {
  struct rlimit limit;
  if (argc < 5) return 2;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(atoi(argv[2]));
  int lines = strcmp(argv[1], "lines") == 0;
  if ((lines || strcmp(argv[1], "echo") == 0) && argc == 8) {
    echo(atoi(argv[3]), atoi(argv[4]), atoi(argv[5]), atoi(argv[6]), atof(argv[7]), lines);
  } else if (strcmp(argv[1], "typed") == 0 && argc == 8) {
    typed(atoi(argv[3]), atoi(argv[4]), atoi(argv[5]), atof(argv[6]), atof(argv[7]));
  } else if (strcmp(argv[1], "accept") == 0 && argc == 6) {
    accept_and_close(atoi(argv[3]), atoi(argv[4]), atof(argv[5]));
  } else if (strcmp(argv[1], "idle") == 0) {
    idle(atoi(argv[3]), atoi(argv[4]));
  } else {
    return 2;
  }
  return 0;
}
