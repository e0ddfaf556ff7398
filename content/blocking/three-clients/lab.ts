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
        'Carol connects as well. The kernel lets her, but the server accepts only two. Whatever she types will stay in the kernel, and nobody will read it.',
      action: { client: 'carol', connects: true },
      expect: [{ client: 'carol', staysOpenFor: 500 }],
    },
    {
      caption: 'Alice and Bob are read from in turn, and Alice is first.',
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
      caption: 'Bob presses Ctrl-D. For this server that ends the conversation, for Alice too.',
      action: { client: 'bob', halfCloses: true },
      expect: [
        { client: 'bob', ends: true },
        { client: 'alice', ends: true },
        { program: 'server', prints: 'bob: end of file' },
      ],
      explanation:
        'She had done nothing wrong. When one client hangs up, this server drops the other as well.',
    },
  ],
  exercise: {
    task: 'Let three clients talk with the server. It waits until all three are there, then reads from each in turn, as it does with two now. A client that hangs up or resets its connection is left out from then on, and the server closes that connection. The others go on. When all three are gone, the server accepts the next three.',
    hints: [
      'A third client is a third accept4(), before the first recv().',
      'The list of connections can get shorter. As long as anybody is in it, the conversation goes on.',
      'Don’t read from a descriptor again once it is closed: recv() would fail at once, or read from another client that has been given the same number.',
      'If you take something out of a list while a loop goes over it, the loop may skip the next one. filter() makes a new list and leaves the old one as it is.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
