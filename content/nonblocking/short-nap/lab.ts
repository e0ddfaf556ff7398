import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'short-nap',
  title: 'A nap that nobody notices',
  predict:
    'This server never waits either, and anybody may connect. How long may it sleep before a client notices?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    descriptors: 256,
  },
  clients: ['alice', 'bob'],
  crowd: true,
  gauges: ['cpu', 'calls'],
  scenario: [
    {
      question: {
        asks: 'Nobody types. How much of a processor does the server use?',
        choices: ['next to nothing', 'half of one', 'all of one'],
        right: 'all of one',
      },
      caption:
        'Nobody types. The server asks the listening socket whether somebody wants to connect, then Alice’s socket, then Bob’s, and then begins again.',
      expect: [
        { gauge: 'cpu', program: 'server', atLeast: 0.3 },
        { gauge: 'calls', program: 'server', atLeast: 1000 },
      ],
      explanation:
        'No call waits, so the server takes all the processor time that the kernel gives it.',
    },
    {
      caption: 'Bob types, and is answered at once. With a nap in the loop he may have to wait.',
      action: { client: 'bob', types: 'At once?\n' },
      expect: [{ client: 'bob', receives: 'Ng bapr?\n' }],
    },
  ],
  exercise: {
    task: 'Let the server nap, so that it uses at most half of a processor while nobody sends anything. Every answer must still come within 20 milliseconds: with many clients connected, after a long silence, and to a text of 16,384 bytes.',
    hints: [
      'The function nap() is there already. A line can come just after a nap has begun. How long may the nap be?',
      'One nap for each client makes nine naps for nine clients. Where does a nap happen only once a round?',
      'The server reads 1,024 bytes at a time, so a long text takes many rounds. A nap in each round makes its answer late.',
      'acceptOne() and answerOne() return whether there was anything to do. Nap only after a round in which all of them return false.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
