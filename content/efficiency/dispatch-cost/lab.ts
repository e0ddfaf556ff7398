import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'dispatch-cost',
  title: 'The cost of asking',
  predict:
    'A loop watches 100 descriptors, and one of them has something to read. Then it watches 1,000, and still only one has. How much longer does a pass of the loop take with select, with poll and with epoll?',
  server: {
    program: 'server.ts',
    // It is no server: nothing listens there, and it is measured by what it prints.
    port: 40713,
    ready: 'µs a pass',
    descriptors: 2048,
  },
  clients: [],
  timeline: false,
  measures: {
    kind: 'passes',
    series: [
      { name: 'select', label: 'select' },
      { name: 'poll', label: 'poll' },
      { name: 'epoll', label: 'epoll' },
    ],
  },
  scenario: [
    {
      question: {
        asks: 'One descriptor is ready, all the others are silent. The loop watches 1,000 of them instead of 100. How much longer does a pass take with epoll?',
        choices: ['about ten times as long', 'about twice as long', 'no longer'],
        right: 'no longer',
      },
      caption:
        'One descriptor has a byte to read, and the others are silent. The loop watches 10 of them, then 30, and so on. It begins with select().',
      expect: [
        { program: 'server', prints: 'select: 100 descriptors: ' },
        { program: 'server', prints: 'select: 1000 descriptors: ' },
      ],
      within: 60_000,
    },
    {
      caption: 'At 1,024 select() has come to its end.',
      expect: [{ program: 'server', prints: 'select: 1900 descriptors: not with select' }],
      within: 60_000,
      explanation:
        'An fd_set has 1,024 bits, for descriptors 0 to 1,023. The kernel could take more. It is the C library that says how long a set is.',
    },
    {
      caption: 'poll() takes a list of any length, and the kernel asks every socket in it.',
      expect: [{ program: 'server', prints: 'poll: 1900 descriptors: ' }],
      within: 60_000,
    },
    {
      caption: 'Last, epoll.',
      expect: [{ program: 'server', prints: 'epoll: 1900 descriptors: ' }],
      within: 60_000,
      explanation:
        'Its line is flat. A socket that becomes ready puts itself on a list, and a pass takes what is on that list. It never looks at the silent ones.',
    },
  ],
});
