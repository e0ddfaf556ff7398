/* An echo server on nothing but io_uring(7), by raw system calls: io_uring echo */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than some headers. */
#define SETUP_NO_SQARRAY (1U << 16)

enum { OPERATIONS = 1024, COMPLETIONS = 8192 };
enum { ACCEPT, RECEIVE, SEND };

/* Small buffers for messages, large ones for who fills the small. */
static struct group {
  unsigned id, count, size;
  char *memory;
  struct io_uring_buf_ring *ring;
  unsigned short tail;
} groups[] = {{.id = 0, .count = 1024, .size = 4096}, {.id = 1, .count = 64, .size = 65536}};

/* One received buffer that is to go out. */
struct piece {
  struct piece *next;
  struct group *group;
  unsigned short buffer;
  unsigned start, end;
};

struct connection {
  int fd;
  int receives, sends, is_over;
  struct group *group;
  struct piece *first, *last;
};

static int ring;
static char *rings;
static struct io_uring_sqe *sqes;
static struct io_uring_params params;
static unsigned tail, told;
static struct piece *free_pieces;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static atomic_uint *word(unsigned offset) {
  return (atomic_uint *)(rings + offset);
}

static int enter(unsigned least) {
  atomic_store_explicit(word(params.sq_off.tail), tail, memory_order_release);
  int count = syscall(__NR_io_uring_enter, ring, tail - told, least, IORING_ENTER_GETEVENTS, NULL, 0);
  if (count < 0 && errno != EINTR) fail("io_uring_enter");
  if (count > 0) told += count;
  return count;
}

static struct io_uring_sqe *next(void *whose, unsigned what) {
  if (tail - atomic_load_explicit(word(params.sq_off.head), memory_order_acquire) == OPERATIONS) enter(0);
  struct io_uring_sqe *sqe = &sqes[tail++ & (OPERATIONS - 1)];
  memset(sqe, 0, sizeof *sqe);
  sqe->user_data = (unsigned long)whose | what;
  return sqe;
}

static void give(struct group *group, unsigned short buffer) {
  struct io_uring_buf *entry = &group->ring->bufs[group->tail++ & (group->count - 1)];
  entry->addr = (unsigned long)(group->memory + (size_t)buffer * group->size);
  entry->len = group->size;
  entry->bid = buffer;
  atomic_store_explicit((_Atomic unsigned short *)&group->ring->tail, group->tail, memory_order_release);
}

static void provide(struct group *group) {
  group->memory = malloc((size_t)group->count * group->size);
  group->ring = mmap(NULL, group->count * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct io_uring_buf_reg registration = {.ring_addr = (unsigned long)group->ring,
                                          .ring_entries = group->count, .bgid = group->id};
  if (group->memory == NULL || group->ring == MAP_FAILED ||
      syscall(__NR_io_uring_register, ring, IORING_REGISTER_PBUF_RING, &registration, 1) < 0) {
    fail("buffers");
  }
  for (unsigned i = 0; i < group->count; i++) give(group, i);
}

static void receive(struct connection *c) {
  struct io_uring_sqe *sqe = next(c, RECEIVE);
  sqe->opcode = IORING_OP_RECV;
  sqe->fd = c->fd;
  sqe->flags = IOSQE_BUFFER_SELECT;
  sqe->buf_group = c->group->id;
  /* Who sends much is received from once a turn, so that the others have theirs. */
  if (c->group == groups) sqe->ioprio = IORING_RECV_MULTISHOT;
  c->receives = 1;
}

static void send_first(struct connection *c) {
  struct piece *piece = c->first;
  struct io_uring_sqe *sqe = next(c, SEND);
  sqe->opcode = IORING_OP_SEND;
  sqe->fd = c->fd;
  sqe->addr = (unsigned long)(piece->group->memory + (size_t)piece->buffer * piece->group->size + piece->start);
  sqe->len = piece->end - piece->start;
  sqe->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
  c->sends = 1;
}

static void drop_first(struct connection *c) {
  struct piece *piece = c->first;
  c->first = piece->next;
  give(piece->group, piece->buffer);
  piece->next = free_pieces;
  free_pieces = piece;
}

static void end_if_idle(struct connection *c) {
  if (!c->is_over || c->receives || c->sends) return;
  while (c->first != NULL) drop_first(c);
  close(c->fd);
  free(c);
}

static void end(struct connection *c) {
  c->is_over = 1;
  shutdown(c->fd, SHUT_RDWR);
}

static void received(struct connection *c, int result, unsigned flags) {
  struct group *group = c->group;
  if (!(flags & IORING_CQE_F_MORE)) c->receives = 0;
  if (result > 0) {
    struct piece *piece = free_pieces;
    if (piece != NULL) free_pieces = piece->next;
    else if ((piece = malloc(sizeof *piece)) == NULL) fail("malloc");
    *piece = (struct piece){.group = group, .buffer = flags >> IORING_CQE_BUFFER_SHIFT, .end = result};
    if (c->first == NULL) c->first = piece;
    else c->last->next = piece;
    c->last = piece;
    if (!c->sends && !c->is_over) send_first(c);
    /* The next receive is of the other kind, once this one has ended for want of buffers or is a single one. */
    if (!c->receives) c->group = (unsigned)result > groups[0].size ? &groups[1] : &groups[0];
    else if ((unsigned)result == group->size && c->last != c->first) {
      struct io_uring_sqe *sqe = next(NULL, RECEIVE);
      sqe->opcode = IORING_OP_ASYNC_CANCEL;
      sqe->addr = (unsigned long)c | RECEIVE;
    }
  } else if (result == -ECANCELED && !c->is_over) {
    c->group = &groups[1];
  } else if (result == -ENOBUFS && !c->is_over) {
    c->group = &groups[0];
  } else {
    end(c);
  }
  if (!c->receives && !c->is_over) receive(c);
  end_if_idle(c);
}

static void sent(struct connection *c, int result) {
  c->sends = 0;
  if (result <= 0) {
    end(c);
  } else {
    c->first->start += result;
    if (c->first->start == c->first->end) drop_first(c);
    if (c->first != NULL && !c->is_over) send_first(c);
  }
  end_if_idle(c);
}

static void accept_all(int listener) {
  struct io_uring_sqe *sqe = next(NULL, ACCEPT);
  sqe->opcode = IORING_OP_ACCEPT;
  sqe->fd = listener;
  sqe->ioprio = IORING_ACCEPT_MULTISHOT;
  sqe->accept_flags = SOCK_NONBLOCK;
}

int main(int argc, char **argv) {
  int echoes = argc > 1 && strcmp(argv[1], "echo") == 0;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  unsigned flags = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
                   IORING_SETUP_DEFER_TASKRUN;
  params = (struct io_uring_params){.flags = flags | SETUP_NO_SQARRAY, .cq_entries = COMPLETIONS};
  ring = syscall(__NR_io_uring_setup, OPERATIONS, &params);
  if (ring < 0) fail("io_uring_setup");
  size_t size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
  rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
  sqes = mmap(NULL, OPERATIONS * sizeof *sqes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
              IORING_OFF_SQES);
  if (rings == MAP_FAILED || sqes == MAP_FAILED) fail("mmap");
  provide(&groups[0]);
  provide(&groups[1]);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
      listen(listener, 128) < 0 || getsockname(listener, (struct sockaddr *)&address, &length) < 0) {
    fail("listen");
  }
  accept_all(listener);
  printf("port %d io_uring\n", ntohs(address.sin_port));
  fflush(stdout);
  struct io_uring_cqe *cqes = (struct io_uring_cqe *)(rings + params.cq_off.cqes);
  unsigned head = 0, mask = params.cq_entries - 1;
  for (;;) {
    enter(1);
    unsigned last = atomic_load_explicit(word(params.cq_off.tail), memory_order_acquire);
    for (; head != last; head++) {
      struct io_uring_cqe *cqe = &cqes[head & mask];
      struct connection *c = (struct connection *)(unsigned long)(cqe->user_data & ~3UL);
      switch (cqe->user_data & 3) {
      case ACCEPT:
        if (!(cqe->flags & IORING_CQE_F_MORE)) accept_all(listener);
        if (cqe->res < 0) break;
        if (!echoes) {
          close(cqe->res);
          break;
        }
        c = calloc(1, sizeof *c);
        if (c == NULL) fail("calloc");
        c->fd = cqe->res;
        c->group = &groups[0];
        receive(c);
        break;
      case RECEIVE:
        if (c != NULL) received(c, cqe->res, cqe->flags);
        break;
      case SEND:
        sent(c, cqe->res);
        break;
      }
    }
    atomic_store_explicit(word(params.cq_off.head), head, memory_order_release);
  }
}
