/** The words of the book's subject, each defined once. Pages link a word to its entry at its first use. */

export interface Term {
  /** As the glossary's heading has it. */
  readonly name: string;
  /** In one to three sentences of Markdown-free text. */
  readonly means: string;
}

export const TERMS = {
  accept: {
    name: 'accept',
    means:
      'To take a connection that the kernel has completed out of a listening socket’s queue. The call returns a new descriptor for it.',
  },
  'address-in-use': {
    name: 'address in use',
    means:
      'The error EADDRINUSE: another socket already has the address and port that bind(2) asks for.',
  },
  backlog: {
    name: 'backlog',
    means:
      'How many completed connections a listening socket keeps for a program that has not accepted them yet.',
  },
  backpressure: {
    name: 'backpressure',
    means:
      'Slowing a sender down because its receiver cannot keep up: the receiver stops reading, buffers fill, and the sender has to wait.',
  },
  blocking: {
    name: 'blocking',
    means:
      'A blocking call does not return until it has something to return. Its thread sleeps meanwhile.',
  },
  buffer: { name: 'buffer', means: 'Memory in which bytes wait for whoever takes them next.' },
  bufferevent: {
    name: 'bufferevent',
    means:
      'A libevent object that has a socket and two buffers. It does the reading and writing, and calls back when there is input or when output has gone.',
  },
  callback: {
    name: 'callback',
    means: 'A function that you hand over for somebody else to call when something has happened.',
  },
  client: { name: 'client', means: 'The side of a connection that connects.' },
  completion: {
    name: 'completion',
    means:
      'The kernel’s message that an operation it was asked for is done. The other way is readiness.',
  },
  connection: {
    name: 'connection',
    means: 'Two sockets joined by TCP: bytes sent on one side arrive at the other, in order.',
  },
  'context-switch': {
    name: 'context switch',
    means: 'What a processor does to leave one thread and go on with another.',
  },
  'edge-triggered': {
    name: 'edge-triggered',
    means:
      'Telling only that something has become ready, once. The other way is level-triggered: telling that it is ready, again and again while it is.',
  },
  'end-of-file': {
    name: 'end of file',
    means: 'What a reader meets when the other side will send no more: recv(2) returns 0.',
  },
  errno: {
    name: 'errno',
    means:
      'The number of the last error. A system call that fails returns -1 and leaves its reason there.',
  },
  epoll: {
    name: 'epoll',
    means:
      'Linux’s call for waiting on many descriptors. The kernel keeps the list, and a wait returns only those that are ready.',
  },
  'event-base': {
    name: 'event base',
    means: 'A libevent object that holds a set of events and runs the loop that waits for them.',
  },
  'event-loop': {
    name: 'event loop',
    means:
      'A loop that waits until something happens, calls back whoever asked about it, and waits again.',
  },
  'file-descriptor': {
    name: 'file descriptor',
    means:
      'A small whole number by which a process names an open file, pipe or socket of its own to the kernel.',
  },
  fork: { name: 'fork', means: 'A system call that makes a copy of the process that calls it.' },
  handshake: { name: 'handshake', means: 'The three packets with which TCP opens a connection.' },
  'half-close': {
    name: 'half-close',
    means:
      'Ending one direction of a connection: nothing more is sent, and the other side may go on sending.',
  },
  'io-uring': {
    name: 'io_uring',
    means:
      'Linux’s interface for completion: two rings of memory that a program and the kernel share, one for orders and one for results.',
  },
  iocp: {
    name: 'I/O completion port',
    means: 'Windows’ queue of completed operations, from which a program’s threads take results.',
  },
  kernel: {
    name: 'kernel',
    means:
      'The part of the operating system that owns the hardware, the network and the processes. Programs ask it for things by system calls.',
  },
  kqueue: {
    name: 'kqueue',
    means:
      'The call of the BSDs and macOS for waiting on many descriptors, timers, signals and more. One call changes the list and waits.',
  },
  'level-triggered': {
    name: 'level-triggered',
    means: 'Telling that something is ready for as long as it is. The other way is edge-triggered.',
  },
  'listening-socket': {
    name: 'listening socket',
    means: 'A socket that carries no data. Connections arrive at it, and accept(2) takes them out.',
  },
  nonblocking: {
    name: 'nonblocking',
    means:
      'A nonblocking call never waits. What cannot be done at once returns -1, with EAGAIN in errno.',
  },
  packet: { name: 'packet', means: 'The piece in which a network carries data.' },
  pipe: {
    name: 'pipe',
    means:
      'Two descriptors joined by the kernel: what is written to one can be read from the other.',
  },
  polling: { name: 'polling', means: 'Asking again and again whether something has happened.' },
  port: {
    name: 'port',
    means:
      'A number from 1 to 65,535 that tells the kernel which program on a computer a connection is for.',
  },
  process: { name: 'process', means: 'A running program, with memory and descriptors of its own.' },
  readiness: {
    name: 'readiness',
    means:
      'That a call on a descriptor would not block now. The other way to learn of input and output is completion.',
  },
  reset: {
    name: 'reset',
    means:
      'A packet by which a kernel says that it has no such connection, or wants none. The other side’s next call fails with ECONNRESET.',
  },
  server: {
    name: 'server',
    means: 'The side of a connection that waits for clients at a known address and port.',
  },
  signal: {
    name: 'signal',
    means:
      'A short message from the kernel or another process that interrupts a program: “stop”, “a child has ended”.',
  },
  socket: {
    name: 'socket',
    means:
      'One end of a connection, or a place where connections arrive. The program has a file descriptor for it.',
  },
  stream: {
    name: 'stream',
    means:
      'A sequence of bytes without any boundaries in it. What was sent by two calls may arrive in one, and the reverse.',
  },
  'system-call': {
    name: 'system call',
    means:
      'A function of the kernel that a program calls: the only way to the network, to files and to other processes.',
  },
  thread: {
    name: 'thread',
    means:
      'One of several runs through the same program that share its memory. The kernel schedules each by itself.',
  },
  'thundering-herd': {
    name: 'thundering herd',
    means: 'Many sleepers woken for one event that only one of them can have.',
  },
  'time-wait': {
    name: 'TIME_WAIT',
    means:
      'The state in which the side that closed first keeps a finished connection for a minute, so that late packets can’t be taken for a new one’s.',
  },
  timeout: { name: 'timeout', means: 'A limit on how long to wait.' },
  watermark: {
    name: 'watermark',
    means: 'An amount of bytes at which a bufferevent begins or stops to do something.',
  },
  zombie: {
    name: 'zombie',
    means: 'A process that has ended and whose parent has not asked for its exit status yet.',
  },
  proxy: {
    name: 'proxy',
    means:
      'A server that passes its clients’ bytes on to another server, and that server’s answers back to them.',
  },
} as const satisfies Readonly<Record<string, Term>>;

export type TermId = keyof typeof TERMS;
