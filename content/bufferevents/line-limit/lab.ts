import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'line-limit',
  title: 'A limit for lines, and an answer that says so',
  predict:
    'A client sends and sends, and never ends its line. Where are the bytes? How many can there be?',
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
      caption: 'Alice hands over 1,200 bytes of a line, and doesn’t end it.',
      action: { client: 'alice', types: `${'much '.repeat(240)}\u0004` },
      expect: [{ client: 'alice', receivesNothingFor: 500 }],
      explanation:
        'readln finds no line end, so the bytes stay in the input. This input has no high watermark: it would hold a gigabyte just the same.',
    },
    {
      caption: 'Bob gets his answer as usual.',
      action: { client: 'bob', types: 'short\n' },
      expect: [{ client: 'bob', receives: 'fubeg\n' }],
    },
  ],
  exercise: {
    task: 'A line may have 1,024 bytes, not counting its end. A longer one gets the answer “That line is too long.”, once, as soon as its 1,025th byte is there. The rest of the line is thrown away, up to and including its end, and the next line is answered as usual.',
    hints: [
      'readln() returns null while the line has no end. How many bytes are in the input then? getLength() tells you.',
      'When you have thrown away half a line, remember that the other half is not a new line. Connection is the place for that: setCb() hands it to readCb as its second argument.',
      'You can find out that a line is too long in two places: when readln() returns it, or while its end is still missing. In the second case, remember that it is too long and drain() the input.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
