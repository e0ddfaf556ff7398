import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'waiting-times',
  title: 'How long did it wait?',
  predict:
    'Bob’s line arrives while the server waits for Alice. Five seconds later she types, too. How long does the recv() that gets Bob’s line wait?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713' },
  clients: ['alice', 'bob'],
  scenario: [
    {
      question: {
        asks: 'Bob types a line. Which call does the server wait in?',
        choices: ['accept4()', 'recv() on Alice’s connection', 'recv() on Bob’s connection'],
        right: 'recv() on Alice’s connection',
      },
      caption:
        'Bob types, and gets nothing. The server is waiting in a call, and its terminal doesn’t say in which one, or for how long.',
      action: { client: 'bob', types: 'hello from bob\n' },
      expect: [
        { client: 'bob', receivesNothingFor: 600 },
        { program: 'server', printsNothingFor: 600 },
      ],
    },
    {
      caption:
        'Alice types. Two calls return now, one for each client. The first one has waited all this time. The second one finds Bob’s line already there.',
      action: { client: 'alice', types: 'hello from alice\n' },
      expect: [
        { client: 'alice', receives: 'You said: hello from alice\n' },
        { client: 'bob', receives: 'You said: hello from bob\n' },
      ],
    },
    {
      caption:
        'Alice presses Ctrl-D. recv() returns for an end of file just as it does for a line.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { client: 'alice', ends: true },
        { program: 'server', prints: 'alice: end of file' },
      ],
    },
  ],
  exercise: {
    task: 'After each accept4() and each recv(), print a separate line that says how long the call waited, in whole milliseconds: “accept4() waited 812 ms”, or “recv(19) waited 0 ms” with the descriptor. Every call counts, including those that get an end of file or an error. Everything else stays as it is.',
    hints: [
      'performance.now() tells the time in milliseconds. Ask it right before the call and right after it.',
      'A blocked process uses no processor time. So measure the time on the clock and not the processor time.',
      'A recv() that returns 0 or -1 has waited, too. Print the line before the connection is forgotten.',
      'Each call has its own beginning. That is neither the beginning of the loop nor the end of the call before it.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
