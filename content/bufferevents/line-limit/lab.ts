import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'line-limit',
  title: 'A limit for lines, and an answer that says so',
  predict:
    'Alice types and types, and never presses Enter. Where is what she has typed? How much can it be?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713' },
  clients: ['alice', 'bob'],
  gauges: ['memory'],
  scenario: [
    {
      question: {
        asks: 'Alice hands over 1,200 bytes without the end of a line. What does she get?',
        choices: [
          'an answer in pieces',
          'nothing, and the server keeps it all',
          'the end of the connection',
        ],
        right: 'nothing, and the server keeps it all',
      },
      caption:
        'Alice’s line is 1,200 bytes long, and she doesn’t end it. The server keeps all of it and waits for the rest. It would keep a gigabyte just the same.',
      action: { client: 'alice', types: `${'much '.repeat(240)}\u0004` },
      expect: [{ client: 'alice', receivesNothingFor: 500 }],
    },
    {
      caption: 'Bob gets his answer as before.',
      action: { client: 'bob', types: 'short\n' },
      expect: [{ client: 'bob', receives: 'fubeg\n' }],
    },
  ],
  exercise: {
    task: 'A line may have 1,024 bytes, not counting its end. A longer one gets the answer “That line is too long.”, once, as soon as its 1,025th byte is there. The rest of the line is thrown away, up to and including its end, and the next line is answered as usual.',
    hints: [
      'readln() returns null while the line has no end. How many bytes are in the input then? getLength() tells you.',
      'When you have thrown away half a line, you have to know that the other half is not a new line. The fourth argument of setCb() is there for such things: readCb gets it as its second.',
      'A line can turn out to be too long in two ways: with its end, or before its end has come. In the second case, remember that it is too long, and drain() the input.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
