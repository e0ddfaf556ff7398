/*
 * What C libevent does where this library departs from it on purpose: the events, signals and
 * listeners of ../CONFORMANCE.md. event/departures.test.ts has what this library does.
 *
 *     cc -o departures departures.c -levent && ./departures
 *
 * It prints a line for each probe and backend. A number is what a callback was told, of EV_TIMEOUT 1,
 * EV_READ 2, EV_WRITE 4, EV_SIGNAL 8; what event_pending() says is in brackets.
 */
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct event_base *base;
static int ends[2];

static void quiet(int severity, const char *text) {}

static struct event_base *base_on(const char *method) {
  const char *all[] = {"epoll", "poll", "select"};
  struct event_config *config = event_config_new();
  for (int i = 0; i < 3; i++)
    if (strcmp(all[i], method) != 0) event_config_avoid_method(config, all[i]);
  struct event_base *made = event_base_new_with_config(config);
  event_config_free(config);
  return made;
}

static void pass(void) { event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK); }
static void sleep_ms(int ms) { usleep(ms * 1000); }
static void put(void) { if (write(ends[1], "x", 1) != 1) printf("? "); }
static void get(void) { char byte; if (read(ends[0], &byte, 1) != 1) printf("? "); }

static void add_ms(struct event *event, int ms) {
  struct timeval time = {ms / 1000, ms % 1000 * 1000};
  event_add(event, &time);
}

static void pending(struct event *event) {
  printf("[%d] ", event_pending(event, EV_TIMEOUT | EV_READ | EV_WRITE | EV_SIGNAL, NULL));
}

static void note(evutil_socket_t fd, short what, void *name) { printf("%s:%d ", (char *)name, what); }

static struct event *reading(short what, const char *name) {
  return event_new(base, ends[0], EV_READ | what, note, (void *)name);
}

/* E13 */
static void break_loop(evutil_socket_t fd, short what, void *arg) {
  printf("call ");
  event_base_loopbreak(base);
}
static void signals_left_after_loopbreak(void) {
  struct event *event = evsignal_new(base, SIGUSR1, break_loop, NULL);
  event_add(event, NULL);
  for (int i = 0; i < 3; i++) raise(SIGUSR1);
  event_base_dispatch(base);
  printf("| ");
  pass();
  pass();
  event_free(event);
}

/* E21 */
static double seconds(void) {
  struct timeval now;
  evutil_gettimeofday(&now, NULL);
  return now.tv_sec + now.tv_usec / 1e6;
}
static double started, fired;
static void late(evutil_socket_t fd, short what, void *arg) { fired = seconds(); }
static void set_and_work(evutil_socket_t fd, short what, void *event) {
  started = seconds();
  add_ms(event, 500);
  sleep_ms(300);
}
static void timer_set_before_work(void) {
  struct event *timer = evtimer_new(base, late, NULL);
  event_base_once(base, -1, EV_TIMEOUT, set_and_work, timer, NULL);
  event_base_dispatch(base);
  printf("after %.1f s", fired - started);
  event_free(timer);
}

/* E31 */
static void order_after_timeout(void) {
  struct event *first = reading(EV_PERSIST, "first"), *second = reading(EV_PERSIST, "second");
  add_ms(first, 10);
  event_add(second, NULL);
  put();
  pass();
  get();
  printf("| ");
  sleep_ms(20);
  pass();
  add_ms(first, 100000);
  printf("| ");
  put();
  pass();
  event_free(first);
  event_free(second);
}

/* E43 */
static void active_by_fd(void) {
  struct event *plain = reading(0, "plain"), *timed = reading(0, "timed");
  event_add(plain, NULL);
  add_ms(timed, 100000);
  event_base_active_by_fd(base, ends[0], EV_READ | EV_TIMEOUT);
  pass();
  event_free(plain);
  event_free(timed);
}

/* E45 */
static void active_then_add(void) {
  struct event *event = reading(EV_PERSIST, "event");
  event_active(event, EV_READ, 1);
  event_add(event, NULL);
  pass();
  pending(event);
  put();
  pass();
  event_free(event);
}

/* E46 */
static void active_twice(void) {
  struct event *event = evsignal_new(base, SIGUSR2, note, "call");
  event_add(event, NULL);
  event_active(event, EV_SIGNAL, 2);
  event_active(event, EV_SIGNAL, 3);
  pass();
  event_free(event);
}

/* E57 */
static void add_after_del(void) {
  struct event *event = reading(EV_PERSIST, "event");
  add_ms(event, 100000);
  event_del(event);
  event_add(event, NULL);
  put();
  pending(event);
  pass();
  pending(event);
  event_free(event);
}
static void remove_timer(evutil_socket_t fd, short what, void *event) { event_remove_timer(event); }
static void remove_due_timer(void) {
  struct event *timer = event_new(base, -1, EV_PERSIST, note, "timer");
  struct event *remover = evtimer_new(base, remove_timer, timer);
  add_ms(remover, 1);
  add_ms(timer, 2);
  sleep_ms(10);
  pass();
  pending(timer);
  event_free(timer);
  event_free(remover);
}

/* E58 */
static void add_all(evutil_socket_t fd, short what, void *timers) {
  for (int i = 0; i < 8; i++) add_ms(((struct event **)timers)[i], 10);
}
static void equal_deadlines(void) {
  const char *names[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
  struct event *timers[8];
  for (int i = 0; i < 8; i++) timers[i] = evtimer_new(base, note, (void *)names[i]);
  event_base_once(base, -1, EV_TIMEOUT, add_all, timers, NULL);
  event_base_dispatch(base);
  for (int i = 0; i < 8; i++) event_free(timers[i]);
}

/* E59 */
static void persistent_timeout_of_0(void) {
  struct event *event = reading(EV_PERSIST, "event");
  add_ms(event, 0);
  pass();
  pending(event);
  put();
  pass();
  event_free(event);
}

/* E60 */
static void activated_and_timed_out(void) {
  struct event *event = reading(0, "event");
  add_ms(event, 1);
  event_active(event, EV_READ, 1);
  sleep_ms(10);
  pass();
  event_free(event);
}

/* E66 */
static void two_bases(void) {
  struct event_base *other = event_base_new();
  struct event *first = evsignal_new(base, SIGUSR1, note, "first");
  struct event *second = evsignal_new(other, SIGUSR2, note, "second");
  event_add(first, NULL);
  event_add(second, NULL);
  raise(SIGUSR1);
  raise(SIGUSR2);
  pass();
  event_base_loop(other, EVLOOP_ONCE | EVLOOP_NONBLOCK);
  event_free(first);
  event_free(second);
  event_base_free(other);
}

/* E67 */
static void signal_with_timeout(void) {
  struct event *event = evsignal_new(base, SIGUSR1, note, "event");
  add_ms(event, 10);
  for (int i = 0; i < 3; i++) {
    sleep_ms(20);
    pass();
  }
  pending(event);
  event_free(event);
}

/* E73 */
static void edge_and_level(void) {
  struct event *edge = reading(EV_ET, "edge"), *level = reading(0, "level");
  event_add(edge, NULL);
  printf("add() is %d", event_add(level, NULL));
  event_free(edge);
  event_free(level);
}

/* L29 */
static void free_listener(struct evconnlistener *listener, evutil_socket_t fd,
                          struct sockaddr *address, int length, void *arg) {
  int listening = evconnlistener_get_fd(listener);
  evconnlistener_free(listener);
  printf("%s in the callback ", fcntl(listening, F_GETFD) < 0 ? "closed" : "open");
  close(fd);
  *(int *)arg = listening;
}
static void free_in_accept_callback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listening = -1, client = socket(AF_INET, SOCK_STREAM, 0);
  struct evconnlistener *listener =
      evconnlistener_new_bind(base, free_listener, &listening, LEV_OPT_CLOSE_ON_FREE, -1,
                              (struct sockaddr *)&address, sizeof address);
  getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &length);
  if (connect(client, (struct sockaddr *)&address, length) < 0) printf("? ");
  pass();
  printf("%s after it", fcntl(listening, F_GETFD) < 0 ? "closed" : "open");
  close(client);
}

/* L10, L49 */
static void unix_listener(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0departures"};
  int alive = -1;
  socklen_t length = sizeof alive;
  struct evconnlistener *listener = evconnlistener_new_bind(
      base, free_listener, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, -1,
      (struct sockaddr *)&address, sizeof(sa_family_t) + 11);
  if (listener == NULL) {
    printf("none");
    return;
  }
  getsockopt(evconnlistener_get_fd(listener), SOL_SOCKET, SO_KEEPALIVE, &alive, &length);
  printf("made, SO_KEEPALIVE is %d", alive);
  evconnlistener_free(listener);
}

static const struct {
  const char *name;
  void (*run)(void);
} probes[] = {
    {"E13 three signals, loopbreak in the first call", signals_left_after_loopbreak},
    {"E21 add(0.5), then 0.3 s of work", timer_set_before_work},
    {"E31 order after a persistent timeout", order_after_timeout},
    {"E43 active_by_fd(READ|TIMEOUT)", active_by_fd},
    {"E45 active, add, then data", active_then_add},
    {"E46 active(2), active(3)", active_twice},
    {"E57 add(100), del, add, then data", add_after_del},
    {"E57 remove_timer of a timer that is due", remove_due_timer},
    {"E58 eight equal deadlines", equal_deadlines},
    {"E59 persistent, timeout 0, then data", persistent_timeout_of_0},
    {"E60 activated and timed out", activated_and_timed_out},
    {"E66 two bases, a signal each", two_bases},
    {"E67 persistent signal, timeout", signal_with_timeout},
    {"E73 events with and without EV_ET", edge_and_level},
    {"L29 free in the accept callback", free_in_accept_callback},
    {"L10 L49 a Unix listener, REUSEABLE", unix_listener},
};

int main(void) {
  const char *methods[] = {"epoll", "poll", "select"};
  event_set_log_callback(quiet);
  signal(SIGUSR1, SIG_IGN);
  signal(SIGUSR2, SIG_IGN);
  for (int m = 0; m < 3; m++) {
    printf("libevent %s on %s\n", event_get_version(), methods[m]);
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
      base = base_on(methods[m]);
      evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
      printf("  %-48s ", probes[i].name);
      fflush(stdout);
      probes[i].run();
      printf("\n");
      event_base_free(base);
      close(ends[0]);
      close(ends[1]);
    }
  }
  return 0;
}
