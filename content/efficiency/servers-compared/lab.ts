import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'servers-compared',
  title: 'Six servers under the same crowd',
  predict:
    'The five ROT13 servers of this book and an echo on node:net get the same clients, one server after the other. Which one answers the most lines? Which one needs the most memory for a client?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    descriptors: 1100,
    networks: true,
  },
  clients: [],
  timeline: false,
  measures: {
    kind: 'servers',
    own: 'node:net',
    beside: [
      { lab: 'rot13-fork', label: 'fork' },
      { lab: 'rot13-threads', label: 'threads' },
      { lab: 'rot13-select', label: 'select' },
      { lab: 'rot13-event', label: 'events' },
      { lab: 'rot13-bufferevent', label: 'bufferevents' },
    ],
  },
  scenario: [
    {
      question: {
        asks: 'Each server gets 50 clients. One server needs the most memory for each client that it serves. Which one?',
        choices: [
          'the one that forks a process',
          'the one with a thread',
          'the one on select',
          'the one on node:net',
        ],
        right: 'the one with a thread',
      },
      caption:
        'Each server gets 50 clients. All of them talk: a client sends a line, waits for its answer, and sends the next line at once. The server that forks comes first.',
      expect: [{ program: 'server', prints: 'rot13-fork  50 clients' }],
      within: 60_000,
      explanation:
        'It has 51 processes now: its parent, and one for each client. A forked process shares what it does not change with its parent, so a client costs far less than a whole Node.',
    },
    {
      caption:
        'The threads are next. Each thread is a JavaScript engine with memory of its own, so this server turns most of the 50 clients away.',
      expect: [{ program: 'server', prints: 'rot13-threads  50 clients' }],
      within: 60_000,
    },
    {
      caption: 'From here on one process serves everybody. The first of them asks with select().',
      expect: [{ program: 'server', prints: 'rot13-select  50 clients' }],
      within: 60_000,
    },
    {
      caption: 'Events and bufferevents have epoll.',
      expect: [
        { program: 'server', prints: 'rot13-event  50 clients' },
        { program: 'server', prints: 'rot13-bufferevent  50 clients' },
      ],
      within: 60_000,
    },
    {
      caption: 'Last, the echo on node:net. libuv makes its system calls.',
      expect: [{ program: 'server', prints: 'node:net  50 clients' }],
      within: 60_000,
      explanation:
        'The table below has all figures. Choose another number of clients and click Run: each run adds a point to every curve.',
    },
  ],
});
