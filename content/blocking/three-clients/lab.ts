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
        'Carol connects as well. The kernel lets her, but the server accepts only two. Whatever she types will lie in the kernel, and nobody will read it.',
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
      caption: 'Bob presses Ctrl-D. To this server the conversation is over then, for Alice, too.',
      action: { client: 'bob', halfCloses: true },
      expect: [
        { client: 'bob', ends: true },
        { client: 'alice', ends: true },
        { program: 'server', prints: 'bob: end of file' },
      ],
      explanation: 'She had said nothing wrong. The server gives up all who are left with him.',
    },
  ],
  exercise: {
    task: 'Let three clients talk with the server. It waits until all are there, then each has their turn, as the two have now. Whoever has hung up, or reset the connection, is left out from then on, and their connection is closed. The others go on. When all three are gone, the server accepts the next three.',
    hints: [
      'A third client is a third accept4(), before the first recv().',
      'The list of connections can get shorter. As long as it has anybody in it, the conversation goes on.',
      'A descriptor that is closed must not be read from again: recv() would fail at once, or read from somebody who has got the same number.',
      'Who takes something out of a list while a loop goes over it may skip the next one. filter() makes a new list and leaves the old one as it is.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
