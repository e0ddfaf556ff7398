import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'node-loop',
  title: 'The loop under node:net',
  predict:
    'Two clients are connected to a Node server, and neither says a word. Which system call is the server in?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    traced: true,
  },
  hosts: ['book.example'],
  clients: ['alice', 'bob'],
  gauges: ['threads', 'calls'],
  scenario: [
    {
      question: {
        asks: 'Alice and Bob are connected, and silent. Which system call is the server in?',
        choices: ['read', 'accept4', 'epoll_pwait', 'none: Node waits without one'],
        right: 'epoll_pwait',
      },
      caption: 'Nobody says a word. Look at the row of the server’s main thread in the timeline.',
      expect: [
        { client: 'alice', receivesNothingFor: 300 },
        { client: 'bob', receivesNothingFor: 300 },
      ],
      explanation:
        'The main thread is in epoll_pwait. It waits for all descriptors at once: both clients, the listening socket, and one that threads of the server can write to.',
    },
    {
      question: {
        asks: 'Alice types a line, and Node calls the data handler with its bytes. Who called read(2) for them?',
        choices: [
          'the main thread, before the handler',
          'a thread of the pool',
          'nobody: the kernel put them there by itself',
        ],
        right: 'the main thread, before the handler',
      },
      caption: 'Alice types a line. It comes back.',
      action: { client: 'alice', types: 'hello\n' },
      expect: [{ client: 'alice', receives: 'hello\n' }],
      explanation:
        'epoll_pwait returned with Alice’s descriptor. The main thread read the bytes without blocking, ran the handler, and called write inside it. Then it looked once more without waiting, and went back to sleep.',
    },
    {
      question: {
        asks: 'dns.lookup has to open /etc/hosts and read it. Which thread does that?',
        choices: ['the main thread', 'another one'],
        right: 'another one',
      },
      caption: 'Alice has a name looked up.',
      action: { client: 'alice', types: 'lookup book.example\n' },
      expect: [
        { program: 'server', prints: 'lookup: book.example is 127.0.0.1' },
        { client: 'alice', receives: 'book.example is 127.0.0.1\n' },
      ],
      explanation:
        'getaddrinfo(3) blocks, so a thread of libuv’s pool calls it. It has a row of its own. The last thing it does there is a write of 8 bytes. That write is the report: it wakes the main thread from epoll_pwait. The idle thread then waits in futex.',
    },
    {
      question: {
        asks: 'fs.readFile opens a file, asks for its size, reads it and closes it. Who does these four things?',
        choices: [
          'the main thread',
          'one thread of the pool, all four',
          'the pool, and each may fall to another thread',
        ],
        right: 'the pool, and each may fall to another thread',
      },
      caption: 'Alice has a file read.',
      action: { client: 'alice', types: 'file\n' },
      expect: [{ program: 'server', prints: 'file: server.ts is read' }],
      explanation:
        'The four are four requests. The main thread puts each one into the pool’s queue when the one before is done, and whichever thread is idle takes it. After each there is a write of 8 bytes, and the main thread wakes up.',
    },
    {
      caption:
        'Bob types a line. The pool has no part in it: sockets are the main thread’s own work.',
      action: { client: 'bob', types: 'and me?\n' },
      expect: [{ client: 'bob', receives: 'and me?\n' }],
    },
  ],
});
