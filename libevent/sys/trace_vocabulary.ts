import { constants } from 'node:os';

/**
 * Says one argument of a call; undefined leaves it out.
 *
 * @internal
 */
export type Word = (value: unknown, args: readonly unknown[]) => string | undefined;

type Names = Readonly<Record<string, number>>;

function oneOf(names: Names): (value: unknown) => string {
  const byNumber = new Map(Object.entries(names).map(([name, number]) => [number, name]));
  return (value) => byNumber.get(Number(value)) ?? String(value);
}

function flags(names: Names): (value: unknown) => string {
  const entries = Object.entries(names);
  return (value) => {
    let left = Number(value);
    const words: string[] = [];
    for (const [name, bit] of entries) {
      if ((left & bit) === 0) continue;
      words.push(name);
      left &= ~bit;
    }
    if (left !== 0) words.push(`0x${(left >>> 0).toString(16)}`);
    return words.length === 0 ? '0' : words.join('|');
  };
}

const NONBLOCK = 0o4000;
const CLOEXEC = 0o2000000;
const TYPE_MASK = 0xf;

/** What any argument is called for which there is no better word. @internal */
export const plain: Word = (value) => {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value)) {
    return `[${value.flatMap((part: unknown) => (typeof part === 'string' ? [JSON.stringify(part)] : [])).join(', ')}]`;
  }
  return ArrayBuffer.isView(value) ? `${value.byteLength} bytes` : '…';
};

/** Leaves an argument out. @internal */
export const skip: Word = () => undefined;

/** Address families of socket(2). @internal */
export const family = oneOf({ AF_UNSPEC: 0, AF_UNIX: 1, AF_INET: 2, AF_INET6: 10 });

const plainType = oneOf({ SOCK_STREAM: 1, SOCK_DGRAM: 2, SOCK_RAW: 3, SOCK_SEQPACKET: 5 });
/** The flags of accept4(2). @internal */
export const socketFlags = flags({ SOCK_NONBLOCK: NONBLOCK, SOCK_CLOEXEC: CLOEXEC });
/** Types of socket(2) with their flags. @internal */
export const socketType: Word = (value) => {
  const rest = Number(value) & ~TYPE_MASK;
  const type = plainType(Number(value) & TYPE_MASK);
  return rest === 0 ? type : `${type}|${socketFlags(rest)}`;
};

/** Flags of open(2) that pipe2(2) and fcntl(2) take. @internal */
export const openFlags = flags({ O_NONBLOCK: NONBLOCK, O_CLOEXEC: CLOEXEC });
/** Flags of epoll_create1(2). @internal */
export const epollCreateFlags = flags({ EPOLL_CLOEXEC: CLOEXEC });

const messageFlagNames = flags({
  MSG_OOB: 1,
  MSG_PEEK: 2,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_WAITALL: 0x100,
  MSG_NOSIGNAL: 0x4000,
});
/** Flags of send(2) and recv(2), if there are any. @internal */
export const messageFlags: Word = (value) => (value === 0 ? undefined : messageFlagNames(value));

/** How many bytes. @internal */
export const byteCount: Word = (value) => (value === 1 ? '1 byte' : `${String(value)} bytes`);

/** What an event is active for. @internal */
export const eventFlags = flags({
  EV_TIMEOUT: 1,
  EV_READ: 2,
  EV_WRITE: 4,
  EV_SIGNAL: 8,
  EV_ET: 0x20,
  EV_CLOSED: 0x80,
});

/** What shutdown(2) shuts. @internal */
export const shutdownHow = oneOf({ SHUT_RD: 0, SHUT_WR: 1, SHUT_RDWR: 2 });

/** Events of epoll_ctl(2). @internal */
export const epollEvents = flags({
  EPOLLIN: 1,
  EPOLLPRI: 2,
  EPOLLOUT: 4,
  EPOLLERR: 8,
  EPOLLHUP: 0x10,
  EPOLLRDHUP: 0x2000,
  EPOLLEXCLUSIVE: 1 << 28,
  EPOLLONESHOT: 1 << 30,
  EPOLLET: 1 << 31,
});
/** Flags of io_uring_enter(2). @internal */
export const enterFlags = flags({ IORING_ENTER_GETEVENTS: 1, IORING_ENTER_EXT_ARG: 8 });

/** Operations of io_uring_register(2). @internal */
export const registerOperation = oneOf({
  IORING_REGISTER_PBUF_RING: 22,
  IORING_UNREGISTER_PBUF_RING: 23,
});

/** Operations of epoll_ctl(2). @internal */
export const epollOperation = oneOf({ EPOLL_CTL_ADD: 1, EPOLL_CTL_DEL: 2, EPOLL_CTL_MOD: 3 });

/** Events of poll(2). @internal */
export const pollEvents = flags({
  POLLIN: 1,
  POLLPRI: 2,
  POLLOUT: 4,
  POLLERR: 8,
  POLLHUP: 0x10,
  POLLNVAL: 0x20,
  POLLRDHUP: 0x2000,
});

/** Commands of fcntl(2). @internal */
export const fcntlCommand = oneOf({
  F_DUPFD: 0,
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  F_DUPFD_CLOEXEC: 1030,
});
const descriptorFlags = flags({ FD_CLOEXEC: 1 });
/** The argument of fcntl(2), which depends on the command. @internal */
export const fcntlArgument: Word = (value, args) => {
  const command = fcntlCommand(args[1]);
  if (command === 'F_SETFL') return openFlags(value);
  if (command === 'F_SETFD') return descriptorFlags(value);
  return command.startsWith('F_DUPFD') ? String(value) : undefined;
};

const SOL_SOCKET = 1;
const IPPROTO_TCP = 6;
/** Levels of setsockopt(2). @internal */
export const level = oneOf({ SOL_SOCKET, IPPROTO_TCP, IPPROTO_IPV6: 41 });
const socketOption = oneOf({
  SO_REUSEADDR: 2,
  SO_TYPE: 3,
  SO_ERROR: 4,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_KEEPALIVE: 9,
  SO_LINGER: 13,
  SO_REUSEPORT: 15,
  SO_RCVTIMEO: 20,
  SO_SNDTIMEO: 21,
  SO_ACCEPTCONN: 30,
});
const tcpOption = oneOf({ TCP_NODELAY: 1, TCP_DEFER_ACCEPT: 9, TCP_INFO: 11 });
const ipv6Option = oneOf({ IPV6_V6ONLY: 26 });
/** Options of setsockopt(2), which depend on the level. @internal */
export const option: Word = (value, args) => {
  if (args[1] === SOL_SOCKET) return socketOption(value);
  return args[1] === IPPROTO_TCP ? tcpOption(value) : ipv6Option(value);
};

/** Resources of getrlimit(2). @internal */
export const resource = oneOf({
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
});

/** Clocks of clock_gettime(2). @internal */
export const clock = oneOf({
  CLOCK_REALTIME: 0,
  CLOCK_MONOTONIC: 1,
  CLOCK_PROCESS_CPUTIME_ID: 2,
  CLOCK_THREAD_CPUTIME_ID: 3,
  CLOCK_MONOTONIC_COARSE: 6,
  CLOCK_BOOTTIME: 7,
});

/** Options of waitpid(2). @internal */
export const waitOptions = flags({ WNOHANG: 1, WUNTRACED: 2 });
/** Signals of signal(7). @internal */
export const signal = oneOf(constants.signals);

/** What waitpid(2) tells of a child. @internal */
export function statusWords(status: number): string {
  const number = status & 0x7f;
  if (number === 0) return `exited with ${(status >> 8) & 0xff}`;
  if (number === 0x7f) return `stopped by ${signal((status >> 8) & 0xff)}`;
  return `ended by ${signal(number)}`;
}
