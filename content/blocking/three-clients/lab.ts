import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'three-clients',
  title: 'A third client, and one who hangs up',
  predict:
    'Alice, Bob and Carol connect to a server that reads from each in turn. Bob hangs up. Whose turn is it after Alice’s?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713' },
  clients: ['alice', 'bob'],
  scenario: [
    {
      caption:
        'Carol connects as well. The kernel completes her connection, but the server accepts only two. What she types stays in the kernel, and nobody reads it.',
      action: { client: 'carol', connects: true },
      expect: [{ client: 'carol', staysOpenFor: 500 }],
    },
    {
      caption: 'The server reads from Alice and Bob in turn, and from Alice first.',
      action: { client: 'alice', types: 'is everybody here?\n' },
      expect: [{ client: 'alice', receives: 'You said: is everybody here?\n' }],
    },
    {
      question: {
        asks: 'It is Bob’s turn, and he hangs up. What becomes of Alice?',
        choices: [
          'she is answered whenever she types',
          'she waits for ever',
          'her connection ends as well',
        ],
        right: 'her connection ends as well',
      },
      caption: 'Bob presses Ctrl-D, which ends his side.',
      action: { client: 'bob', halfCloses: true },
      expect: [
        { client: 'bob', ends: true },
        { client: 'alice', ends: true },
        { program: 'server', prints: 'bob: end of file' },
      ],
      explanation:
        'Alice has done nothing wrong. But when one client hangs up, this server drops the other one, too.',
    },
  ],
  exercise: {
    task: 'Make the server talk with three clients. It waits until all three are there and then reads from each in turn, as it does with two now. When a client hangs up or resets its connection, the server closes that connection and leaves that client out. The others go on. When all three are gone, the server accepts the next three.',
    hints: [
      'A third client is a third accept4(), before the first recv().',
      'The list of connections gets shorter. The conversation goes on as long as anybody is in it.',
      'Never read from a descriptor that is closed: recv() would fail at once, or read from another client that has been given the same number.',
      'If you remove something from a list while a loop goes over it, the loop may skip the next one. filter() makes a new list and leaves the old one alone.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
