import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-shared',
  title: 'Four processes on one listening socket',
  predict:
    'Four processes wait for clients on one and the same listening socket. A client connects. How many of them wake up, and which of them gets her?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    forks: true,
    reads: true,
    ways: [
      { name: 'herd', label: 'each waits in epoll_wait', args: ['9876'] },
      {
        name: 'exclusive',
        label: 'with EPOLLEXCLUSIVE',
        args: ['9876', '--exclusive'],
        scenario: [
          {
            caption:
              'Each worker has added the socket to its epoll instance with EPOLLEXCLUSIVE. Alice connects.',
            action: { client: 'alice', triesToConnect: true },
            expect: [
              { program: 'server', prints: 'woken, and accepted a client' },
              { client: 'alice', receives: 'Welcome.\n' },
              { client: 'alice', ends: true },
            ],
          },
          {
            caption: 'Twenty more connect, one after another.',
            action: { program: 'crowd', starts: true },
            expect: [
              { program: 'crowd', prints: '20 of 20 were welcomed.' },
              { program: 'crowd', exits: 0 },
            ],
          },
          {
            question: {
              asks: '21 clients have come. How many wake-ups did they cost?',
              choices: ['21, or a few more', 'about 42', '84, four for each'],
              right: '21, or a few more',
            },
            caption: 'The server adds up what its workers have told it.',
            action: { program: 'server', types: 'count\n' },
            expect: [{ program: 'server', prints: 'Fewer than two wake-ups for each client.' }],
            explanation:
              'The kernel promises to wake “one or more”: epoll_ctl(2). Look at who had them. It wakes the first in its list that is asleep, so with one client after another that is the same worker each time.',
          },
        ],
      },
      {
        name: 'blocking',
        label: 'each waits in accept4',
        args: ['9876', '--blocking'],
        scenario: [
          {
            caption:
              'No epoll this time. Each worker has called accept4 on the blocking socket, and sleeps in it. Alice connects.',
            action: { client: 'alice', triesToConnect: true },
            expect: [
              { program: 'server', prints: 'woken, and accepted a client' },
              { client: 'alice', receives: 'Welcome.\n' },
              { client: 'alice', ends: true },
            ],
          },
          {
            caption: 'Twenty more connect, one after another.',
            action: { program: 'crowd', starts: true },
            expect: [
              { program: 'crowd', prints: '20 of 20 were welcomed.' },
              { program: 'crowd', exits: 0 },
            ],
          },
          {
            question: {
              asks: '21 clients have come. Who got them?',
              choices: ['one worker, all of them', 'each worker about a quarter'],
              right: 'each worker about a quarter',
            },
            caption: 'The server adds up what its workers have told it.',
            action: { program: 'server', types: 'count\n' },
            expect: [
              { program: 'server', prints: '21 clients, 21 wake-ups, 0 of them for nothing.' },
              { program: 'server', prints: 'Every worker had some of them.' },
            ],
            explanation:
              'Those who sleep in accept4 stand in a line. The kernel wakes the first, and whoever comes back goes to the end.',
          },
        ],
      },
    ],
  },
  programs: [{ name: 'crowd', program: 'crowd.ts', starts: 'on-demand' }],
  clients: [{ name: 'alice', later: true }],
  gauges: ['processes'],
  scenario: [
    {
      question: {
        asks: 'Four workers wait, each in its own epoll_wait. Alice connects. How many of them does that wake?',
        choices: ['one', 'two', 'all four'],
        right: 'all four',
      },
      caption: 'Alice connects.',
      action: { client: 'alice', triesToConnect: true },
      expect: [
        { program: 'server', prints: 'woken, and accepted a client' },
        { program: 'server', prints: 'woken for nothing: EAGAIN' },
        { client: 'alice', receives: 'Welcome.\n' },
        { client: 'alice', ends: true },
      ],
      explanation:
        'The socket is readable, and each of the four has asked to hear of that. The first to call accept4 gets her. For the others nobody is left: EAGAIN.',
    },
    {
      caption: 'Twenty more connect, one after another.',
      action: { program: 'crowd', starts: true },
      expect: [
        { program: 'crowd', prints: '20 of 20 were welcomed.' },
        { program: 'crowd', exits: 0 },
      ],
    },
    {
      question: {
        asks: '21 clients have come, each of whom can be accepted once. How many wake-ups did they cost?',
        choices: ['21, or a few more', 'about 42', 'up to 84, four for each'],
        right: 'up to 84, four for each',
      },
      caption: 'The server adds up what its workers have told it.',
      action: { program: 'server', types: 'count\n' },
      expect: [{ program: 'server', prints: 'Two wake-ups or more for each client.' }],
      explanation:
        'This is a thundering herd. A worker that is still awake when the next client comes need not be woken for her, so it can be fewer than four each. Who accepts is a race.',
    },
  ],
});
