/** The words of the book's subject, each defined once. Pages link a word to its entry at its first use. */

export interface Term {
  /** As the glossary's heading has it. */
  readonly name: string;
  /** Other forms of the name, and shorter names for the same. */
  readonly also?: readonly string[];
  /** In one to three sentences of plain text. Other terms in it become links by themselves: `linked.ts`. */
  readonly means: string;
}

export const TERMS = {
  accept: {
    name: 'accept',
    means:
      'To take a completed connection from a listening socket’s queue. The call, accept(2), returns a new file descriptor for it.',
  },
  address: {
    name: 'address',
    also: ['addresses'],
    means:
      'The number by which a network finds a computer, such as 192.0.2.7. A socket’s address is this number together with a port.',
  },
  'address-in-use': {
    name: 'address in use',
    means:
      'The error EADDRINUSE: bind(2) asked for an address and port that another socket has, or that a finished connection still keeps.',
  },
  backlog: {
    name: 'backlog',
    means:
      'How many completed connections a program wants the kernel to keep for it until it accepts them. It is the second argument of listen(2), and Linux sets a limit to it.',
  },
  backpressure: {
    name: 'backpressure',
    means:
      'What slows a sender down to the pace of its receiver: the receiver stops reading, the buffers between them fill, and the sender has to wait.',
  },
  blocking: {
    name: 'blocking',
    means: 'A blocking call puts its thread to sleep until it has a result.',
  },
  buffer: {
    name: 'buffer',
    also: ['buffers'],
    means: 'Memory where bytes wait on their way from one place to the next.',
  },
  bufferevent: {
    name: 'bufferevent',
    also: ['bufferevents'],
    means:
      'A libevent object that wraps a socket and two buffers, one for input and one for output. It reads and writes by itself, and runs your callbacks when input has arrived or output has gone.',
  },
  callback: {
    name: 'callback',
    also: ['callbacks'],
    means: 'A function that you hand to other code, which calls it when something has happened.',
  },
  'child-process': {
    name: 'child process',
    also: ['child', 'children', 'parent'],
    means:
      'A process that another one, its parent, has started. On Linux it begins as the parent’s copy: see fork.',
  },
  client: {
    name: 'client',
    also: ['clients'],
    means: 'The side of a connection that opens it.',
  },
  completion: {
    name: 'completion',
    means:
      'A style of input and output: the program asks the kernel to read or write, and is told when that is done. The other style is readiness.',
  },
  connection: {
    name: 'connection',
    also: ['connections'],
    means:
      'Two sockets joined by TCP. The bytes sent into one come out of the other, in the same order.',
  },
  'context-switch': {
    name: 'context switch',
    also: ['context switches'],
    means:
      'Taking one thread off a processor and putting another on it: the kernel saves the state of the first and loads that of the second.',
  },
  dns: {
    name: 'DNS',
    means: 'The network of servers that can tell which address a name such as example.org has.',
  },
  eagain: {
    name: 'EAGAIN',
    also: ['EWOULDBLOCK'],
    means:
      'The error of a nonblocking call that could do nothing without waiting. On Linux, EWOULDBLOCK is another name for it.',
  },
  'edge-triggered': {
    name: 'edge-triggered',
    means:
      'Edge-triggered readiness is told when it begins, and then not again until something new happens, such as more bytes arriving. The other kind is level-triggered.',
  },
  'end-of-file': {
    name: 'end of file',
    means:
      'What a reader gets when there is nothing more to come. On a connection, recv(2) returns 0 once the other side has ended its sending.',
  },
  epoll: {
    name: 'epoll',
    means:
      'Linux’s interface for waiting on many file descriptors. The kernel keeps the list of them, and a wait returns only those that are ready.',
  },
  errno: {
    name: 'errno',
    means:
      'Where a system call that failed leaves the number of its error. The call itself returns -1. Each thread has an errno of its own.',
  },
  event: {
    name: 'event',
    also: ['events'],
    means:
      'In libevent, something to wait for and the callback to run when it happens. It can be a file descriptor’s readiness, a signal, a timeout, or several of these.',
  },
  'event-base': {
    name: 'event base',
    also: ['event bases'],
    means: 'The libevent object that holds a set of events and runs the event loop for them.',
  },
  'event-loop': {
    name: 'event loop',
    also: ['event loops'],
    means: 'A loop that waits until something happens, runs the callbacks for it, and waits again.',
  },
  'exit-status': {
    name: 'exit status',
    means:
      'What a process leaves for its parent when it ends: a number, 0 if all went well, or the signal that killed it.',
  },
  'file-descriptor': {
    name: 'file descriptor',
    also: ['file descriptors', 'descriptor', 'descriptors'],
    means:
      'A small number by which a process refers to a file, pipe or socket that the kernel has opened for it.',
  },
  fork: {
    name: 'fork',
    means:
      'The system call by which a process makes a copy of itself. Both go on from there, and the value that the call returns tells the parent from the child.',
  },
  'half-close': {
    name: 'half-close',
    means:
      'Ending your own direction of a connection, with shutdown(2). The other side then reads end of file, and can still send.',
  },
  handshake: {
    name: 'handshake',
    means: 'The exchange of three packets that opens a TCP connection.',
  },
  'io-uring': {
    name: 'io_uring',
    means:
      'Linux’s interface for completion: a program and the kernel share two rings in memory, one for requests and one for results.',
  },
  iocp: {
    name: 'I/O completion port',
    also: ['I/O completion ports'],
    means:
      'Windows’ interface for completion: a queue from which a program’s threads take the results of finished operations.',
  },
  kernel: {
    name: 'kernel',
    means:
      'The core of the operating system. It drives the hardware and the network and decides which process runs. Programs ask it for things with system calls.',
  },
  kqueue: {
    name: 'kqueue',
    means:
      'The interface of macOS and the BSDs for waiting on file descriptors, timers, signals and more. A single call both changes the list and waits.',
  },
  'level-triggered': {
    name: 'level-triggered',
    means:
      'Level-triggered readiness is told at every wait for as long as it lasts. The other kind is edge-triggered.',
  },
  libevent: {
    name: 'libevent',
    means:
      'A C library for event loops that works on top of epoll, kqueue, select and their like. The programs of this book use libevent-ts, its counterpart in TypeScript.',
  },
  libuv: {
    name: 'libuv',
    means: 'The C library that runs Node’s event loop.',
  },
  listener: {
    name: 'listener',
    also: ['listeners'],
    means:
      'A libevent object that has a listening socket, accepts the connections that arrive at it, and hands each to a callback.',
  },
  'listening-socket': {
    name: 'listening socket',
    also: ['listening sockets'],
    means:
      'A socket that carries no data of its own. Connections arrive at it, and accept(2) takes them out one by one.',
  },
  loopback: {
    name: 'loopback',
    means:
      'The network inside a single computer. What is sent to 127.0.0.1 or ::1 never leaves it.',
  },
  nonblocking: {
    name: 'nonblocking',
    means:
      'A nonblocking call never waits. What it can’t do at once it leaves, and returns -1 with EAGAIN or the like in errno.',
  },
  'open-file-description': {
    name: 'open file description',
    also: ['open file descriptions'],
    means:
      'What a file descriptor stands for in the kernel: the open file or socket, with settings such as whether calls on it block. Copies of a descriptor, made by dup(2) or fork(2), share one.',
  },
  packet: {
    name: 'packet',
    also: ['packets'],
    means: 'One of the pieces in which data travels through a network.',
  },
  pipe: {
    name: 'pipe',
    also: ['pipes'],
    means:
      'Two file descriptors joined by the kernel: what is written to one can be read from the other.',
  },
  poll: {
    name: 'poll',
    means:
      'A system call that waits on many file descriptors. The program passes the whole list at every call, and the kernel goes through all of it.',
  },
  polling: {
    name: 'polling',
    means: 'Asking again and again whether something has happened, instead of waiting to be told.',
  },
  port: {
    name: 'port',
    also: ['ports'],
    means:
      'A number up to 65,535 that says which socket of a computer a packet is for. A server listens on one that its clients know.',
  },
  process: {
    name: 'process',
    also: ['processes'],
    means: 'A running program, with its own memory and its own file descriptors.',
  },
  readiness: {
    name: 'readiness',
    means:
      'A style of input and output: the kernel tells when a call on a file descriptor would not block, and the program then makes the call itself. The other style is completion.',
  },
  reset: {
    name: 'reset',
    also: ['resets'],
    means:
      'The abrupt end of a connection: one side’s kernel sends a packet that says it knows nothing of the connection, or wants no more of it. On the other side, recv(2) fails with the error ECONNRESET.',
  },
  sandbox: {
    name: 'sandbox',
    also: ['sandboxes'],
    means:
      'Where a lab’s programs run on the server: closed off from everything else, with a network of their own.',
  },
  scheduler: {
    name: 'scheduler',
    means:
      'The part of the kernel that decides which thread runs on which processor, and for how long.',
  },
  select: {
    name: 'select',
    means:
      'The oldest system call that waits on many file descriptors. The program passes them as sets of bits, and gets back the sets of those that are ready.',
  },
  server: {
    name: 'server',
    also: ['servers'],
    means:
      'The side of a connection that waits for clients, at an address and port that they know.',
  },
  signal: {
    name: 'signal',
    also: ['signals'],
    means:
      'A notice that the kernel delivers to a process, from itself or from another process: Ctrl-C was pressed, a child has ended. It interrupts whatever the process was doing.',
  },
  'sock-stream': {
    name: 'SOCK_STREAM',
    means:
      'What a program passes to socket(2) for a socket that carries a stream. Between internet addresses, that means TCP.',
  },
  socket: {
    name: 'socket',
    also: ['sockets'],
    means:
      'One end of a connection, or the place where a server’s connections arrive. A program has a file descriptor for it.',
  },
  'socket-buffer': {
    name: 'socket buffer',
    also: ['socket buffers'],
    means:
      'The kernel’s buffer for a socket. Each has two: one for bytes that have arrived and have not been read, one for bytes that have not been delivered yet.',
  },
  starvation: {
    name: 'starvation',
    means: 'Waiting without end because others take every turn.',
  },
  stream: {
    name: 'stream',
    also: ['streams'],
    means:
      'Bytes in order, with no boundaries between them. What two calls have sent may be read by one, and what one call has sent may take several to read.',
  },
  'system-call': {
    name: 'system call',
    also: ['system calls'],
    means:
      'A request to the kernel, which in a program looks like a function call. Nothing else leads to the network, to files or to other processes.',
  },
  tcp: {
    name: 'TCP',
    means:
      'The protocol that makes connections. It sends a stream of bytes as packets, numbers them, and repeats those that got lost.',
  },
  thread: {
    name: 'thread',
    also: ['threads'],
    means:
      'One of several paths of execution in a process. Threads share its memory, and the kernel gives each its own turns on a processor.',
  },
  'thundering-herd': {
    name: 'thundering herd',
    means:
      'Many processes or threads that wake for the same connection, though only one of them can have it. The others have woken for nothing.',
  },
  'time-wait': {
    name: 'TIME_WAIT',
    means:
      'The state of a finished connection on the side that closed it first. It lasts a minute on Linux, so that packets that come late can’t be taken for part of a new connection.',
  },
  timeout: {
    name: 'timeout',
    also: ['timeouts'],
    means: 'A limit on how long to wait.',
  },
  watermark: {
    name: 'watermark',
    also: ['watermarks'],
    means:
      'A number of bytes in a bufferevent’s buffer at which something changes. Below the low one for reading, its read callback does not run. At the high one, it stops reading.',
  },
  zombie: {
    name: 'zombie',
    also: ['zombies'],
    means: 'A process that has ended and whose parent has not asked for its exit status yet.',
  },
  'fd-set': {
    name: 'fd_set',
    means:
      'The set of descriptors that select(2) takes: an array with a bit for each. In glibc it has 1,024.',
  },
  proxy: {
    name: 'proxy',
    means:
      'A server that passes its clients’ bytes on to another server, and that server’s answers back to them.',
  },
} as const satisfies Readonly<Record<string, Term>>;

export type TermId = keyof typeof TERMS;
