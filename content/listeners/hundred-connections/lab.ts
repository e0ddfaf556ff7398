import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'hundred-connections',
  title: 'A hundred, and no more',
  predict:
    'A server may have 160 descriptors. What happens to the client who needs the 161st? And what should happen?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    descriptors: 160,
  },
  clients: ['alice', 'bob'],
  gauges: ['descriptors'],
  scenario: [
    {
      question: {
        asks: 'Carol connects. How many more descriptors does the server have then?',
        choices: ['none', 'one', 'two'],
        right: 'one',
      },
      caption: 'Every client is welcomed, and each takes one of the server’s descriptors.',
      action: { client: 'carol', connects: true },
      expect: [
        { program: 'server', prints: 'Connected: 3 of 100' },
        { client: 'carol', receives: 'Welcome.\n' },
      ],
    },
    {
      caption: 'It would go on like this up to the last descriptor. At 100 nothing happens.',
      action: { client: 'alice', types: 'And if there were more of us?\n' },
      expect: [{ client: 'alice', receives: 'And if there were more of us?\n' }],
    },
  ],
  exercise: {
    task: 'Let the server have 100 connections at most. With the hundredth it stops accepting. Further clients wait, and nobody hangs up on them. As soon as one connection is over, however it ended, the next client is welcomed.',
    hints: [
      'A listener can be told to stop for a while and to go on: disable() and enable().',
      'The kernel completes connections without the server, and keeps them until they are accepted. So a client can wait without the server knowing of it.',
      'eventCb() has to reach the listener. What you give setCb() as its fourth argument comes back as the third argument of eventCb().',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
