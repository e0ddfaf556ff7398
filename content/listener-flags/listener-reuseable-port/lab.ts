import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-reuseable-port',
  title: 'Two servers on one port',
  predict:
    'A second server starts on the port on which the first one listens. Who gets the next client: the first, the second or nobody?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    reads: true,
    ways: [
      { name: 'shared', label: 'with LEV_OPT_REUSEABLE_PORT', args: [] },
      {
        name: 'exclusive',
        label: 'without it',
        args: ['--exclusive'],
        scenario: [
          {
            caption:
              'A second server wants the port that the first one has. Both have LEV_OPT_REUSEABLE, which doesn’t help: it is for ports on which nobody listens any more.',
            action: { program: 'second', starts: 'exclusive' },
            expect: [
              { program: 'second', prints: 'bind EADDRINUSE' },
              { program: 'second', exits: 1 },
            ],
          },
          {
            question: {
              asks: 'The second server tries again, with LEV_OPT_REUSEABLE_PORT. Does it get the port?',
              choices: ['yes', 'no'],
              right: 'no',
            },
            caption: 'The second server starts with LEV_OPT_REUSEABLE_PORT.',
            action: { program: 'second', starts: 'shared' },
            expect: [
              { program: 'second', prints: 'bind EADDRINUSE' },
              { program: 'second', exits: 1 },
            ],
            explanation:
              'SO_REUSEPORT has to be set on every socket of the port, the first one included: socket(7).',
          },
          {
            caption: 'So the crowd, 24 clients one after another, finds one server.',
            action: { program: 'crowd', starts: true },
            expect: [
              { program: 'crowd', prints: '24 of 24 were told: You are with first.' },
              { program: 'crowd', exits: 0 },
            ],
          },
          {
            caption: 'And so does Bob.',
            action: { client: 'bob', connects: true },
            expect: [{ client: 'bob', receives: 'You are with first.\n' }],
          },
          {
            caption:
              'The first server frees its listener, which closes the socket. Nobody listens on the port now.',
            action: { program: 'server', types: 'free\n' },
            expect: [{ program: 'server', prints: 'first has freed its listener.' }],
          },
          {
            caption:
              'The second one gets the port, although Alice is still connected to the first. This is what LEV_OPT_REUSEABLE is for.',
            action: { program: 'second', starts: 'exclusive' },
            expect: [{ program: 'second', prints: 'Listening on port 9876 as second' }],
          },
          {
            caption:
              'Carol is with the second server. Anybody who came between the two was refused.',
            action: { client: 'carol', connects: true },
            expect: [{ client: 'carol', receives: 'You are with second.\n' }],
          },
        ],
      },
    ],
  },
  programs: [
    {
      name: 'second',
      program: 'server.ts',
      reads: true,
      starts: 'on-demand',
      ways: [
        { name: 'shared', label: 'with LEV_OPT_REUSEABLE_PORT', args: ['--name', 'second'] },
        { name: 'exclusive', label: 'without it', args: ['--name', 'second', '--exclusive'] },
      ],
    },
    { name: 'crowd', program: 'crowd.ts', starts: 'on-demand' },
  ],
  clients: ['alice', { name: 'bob', later: true }, { name: 'carol', later: true }],
  scenario: [
    {
      caption:
        'A second server starts on the same port. Both have LEV_OPT_REUSEABLE_PORT, and bind(2) lets them.',
      action: { program: 'second', starts: 'shared' },
      expect: [{ program: 'second', prints: 'Listening on port 9876 as second' }],
    },
    {
      caption:
        'A crowd of 24 clients connects, one after another. The kernel chooses by a hash of the two addresses and ports. Nobody can foresee a single choice, but each server gets about half.',
      action: { program: 'crowd', starts: true },
      expect: [
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { program: 'second', prints: 'Connection from 127.0.0.1' },
        { program: 'crowd', prints: 'Every server got some of them.' },
        { program: 'crowd', exits: 0 },
      ],
    },
    {
      caption: 'The first server disables its listener.',
      action: { program: 'server', types: 'disable\n' },
      expect: [{ program: 'server', prints: 'first has disabled its listener.' }],
    },
    {
      question: {
        asks: 'The first server’s listener is disabled, and the crowd comes again. Where do its clients go?',
        choices: ['all to the second', 'to both, as before', 'nowhere'],
        right: 'to both, as before',
      },
      caption: 'The crowd comes again.',
      action: { program: 'crowd', starts: true },
      expect: [{ program: 'crowd', prints: 'is connected, but nobody greets it' }],
      explanation:
        'The kernel knows that a socket listens, not whether anybody looks. It puts clients into the first server’s queue as before, and there they wait.',
    },
    {
      caption: 'Enabled again, it takes them out of the queue, and the crowd goes on.',
      action: { program: 'server', types: 'enable\n' },
      expect: [
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { program: 'crowd', prints: 'Every server got some of them.' },
        { program: 'crowd', exits: 0 },
      ],
    },
    {
      caption: 'To leave all clients to the second server, the first must close its socket.',
      action: { program: 'server', types: 'free\n' },
      expect: [{ program: 'server', prints: 'first has freed its listener.' }],
    },
    {
      caption: 'Now the kernel has only one to choose, and the whole crowd goes there.',
      action: { program: 'crowd', starts: true },
      expect: [
        { program: 'crowd', prints: '24 of 24 were told: You are with second.' },
        { program: 'server', printsNothingFor: 300 },
      ],
    },
    {
      caption:
        'Alice is with the first server and stays. The port was never without a listener. This is how you replace a server while it is in use.',
      action: { client: 'alice', types: 'still here\n' },
      expect: [{ client: 'alice', receives: 'still here\n' }],
    },
    {
      caption: 'Bob comes late, and hears who has taken over.',
      action: { client: 'bob', connects: true },
      expect: [{ client: 'bob', receives: 'You are with second.\n' }],
    },
  ],
});
