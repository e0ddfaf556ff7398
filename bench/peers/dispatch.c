/*
 * The cost of dispatching with C libevent: PIPES pipes are watched, a byte goes into ACTIVE of them,
 * and each byte read sends one into the next pipe until WRITES more were sent.
 *
 *   dispatch PIPES ACTIVE WRITES REPEATS
 */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int (*pipes)[2];
static int count, writes_left, fired, handled;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double read_clock(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void on_read(evutil_socket_t fd, short what, void *arg) {
  char byte;
  int index = (int)(long)arg;
  (void)what;
  if (read(fd, &byte, 1) != 1) fail("read");
  handled++;
  if (writes_left == 0) return;
  writes_left--;
  fired++;
  if (write(pipes[(index + 1) % count][1], "e", 1) != 1) fail("write");
}

static int by_value(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  count = atoi(argv[1]);
  int active = atoi(argv[2]), writes = atoi(argv[3]), repeats = atoi(argv[4]);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  struct event_base *base = event_base_new();
  struct event *events = calloc(count, sizeof *events);
  double *times = calloc(repeats, sizeof *times), *own = calloc(repeats, sizeof *own);
  pipes = calloc(count, sizeof *pipes);
  if (base == NULL || events == NULL || times == NULL || own == NULL || pipes == NULL) fail("event_base_new");
  for (int i = 0; i < count; i++) {
    if (pipe(pipes[i]) < 0) fail("pipe");
    event_assign(&events[i], base, pipes[i][0], EV_READ | EV_PERSIST, on_read, (void *)(long)i);
    if (event_add(&events[i], NULL) < 0) fail("event_add");
  }
  event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
  /* The first half is not counted, as in the other library's program, where a compiler warms up. */
  for (int repeat = -repeats; repeat < repeats; repeat++) {
    handled = 0;
    fired = active;
    writes_left = writes;
    for (int i = 0; i < active; i++) {
      if (write(pipes[i * (count / active)][1], "e", 1) != 1) fail("write");
    }
    double start = read_clock(CLOCK_MONOTONIC), own_start = read_clock(CLOCK_THREAD_CPUTIME_ID);
    while (handled < fired) event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    if (repeat < 0) continue;
    own[repeat] = read_clock(CLOCK_THREAD_CPUTIME_ID) - own_start;
    times[repeat] = read_clock(CLOCK_MONOTONIC) - start;
  }
  qsort(times, repeats, sizeof *times, by_value);
  qsort(own, repeats, sizeof *own, by_value);
  printf("{\"method\":\"%s\",\"microseconds\":%.1f,\"cpuMicroseconds\":%.1f}\n",
         event_base_get_method(base), times[repeats / 2] * 1e6, own[repeats / 2] * 1e6);
  return 0;
}
