import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'short-nap',
  title: 'A nap that nobody notices',
  predict:
    'Alice and Bob are connected, and nobody types. How much of a processor does the server use?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713' },
  clients: ['alice', 'bob'],
  gauges: ['cpu', 'calls'],
  scenario: [
    {
      question: {
        asks: 'Nobody types. How much of a processor does the server use?',
        choices: ['next to nothing', 'half of one', 'all of one'],
        right: 'all of one',
      },
      caption:
        'Nobody types. The server asks all the same: whether somebody wants to connect, then Alice, then Bob, and then from the beginning.',
      expect: [
        { gauge: 'cpu', program: 'server', atLeast: 0.3 },
        { gauge: 'calls', program: 'server', atLeast: 1000 },
      ],
      explanation:
        'It never waits, so it takes all the processor time that the kernel will give it.',
    },
    {
      caption: 'Bob types, and is answered at once. A nap will cost him a part of that.',
      action: { client: 'bob', types: 'At once?\n' },
      expect: [{ client: 'bob', receives: 'Ng bapr?\n' }],
    },
  ],
  exercise: {
    task: 'Let the server nap, so that it uses at most half of a processor while nobody says anything. Every answer must still come within 20 milliseconds, even when many clients are connected, after a long silence, or to a text of 16,384 bytes.',
    hints: [
      'nap() is there already. How long may a nap be, if a line can come just after the nap has begun?',
      'One nap for each client is nine naps with nine clients. Where in the loop does it happen once a round?',
      'The server reads 1,024 bytes at a time, so a long text takes many rounds. With a nap in each of them its answer is late.',
      'acceptOne() and answerOne() return whether there was anything to do. Nap after a round in which all of them return false.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
