import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'two-sockets-blocking',
  title: 'Two clients, one blocking call at a time',
  predict:
    'The server reads from Alice, then from Bob, then from Alice again. Bob types a line and Alice says nothing. When does Bob get his answer?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713' },
  clients: ['alice', 'bob'],
  scenario: [
    {
      caption:
        'Bob types a line. The server is blocked in recv() on Alice’s connection, so Bob’s line lies in the server’s kernel and nobody reads it.',
      action: { client: 'bob', types: 'hello from bob\n' },
      expect: [{ client: 'bob', receivesNothingFor: 600 }],
    },
    {
      question: {
        asks: 'Now Alice types a line. Who gets an answer?',
        choices: ['only Alice', 'only Bob', 'both of them'],
        right: 'both of them',
      },
      caption:
        'Alice types. Her recv() returns, she is answered, and the next recv() finds Bob’s line already there. Everything moves.',
      action: { client: 'alice', types: 'hello from alice\n' },
      expect: [
        { client: 'alice', receives: 'You said: hello from alice\n' },
        { client: 'bob', receives: 'You said: hello from bob\n' },
        { program: 'server', prints: 'blocked, waiting for alice' },
      ],
      explanation:
        'Bob’s line had been in the kernel all along. The server only had to call recv() for it.',
    },
    {
      caption: 'It is Alice’s turn again. She is answered, and now the server waits for Bob.',
      action: { client: 'alice', types: 'me again\n' },
      expect: [
        { client: 'alice', receives: 'You said: me again\n' },
        { program: 'server', prints: 'blocked, waiting for bob' },
      ],
    },
    {
      question: {
        asks: 'Alice types another line. When is she answered?',
        choices: ['at once', 'after Bob has typed', 'never'],
        right: 'after Bob has typed',
      },
      caption:
        'Alice types once more. Now she is the one who gets nothing, for it is not her turn. The server prints nothing either: it is not running.',
      action: { client: 'alice', types: 'anybody there?\n' },
      expect: [
        { client: 'alice', receivesNothingFor: 600 },
        { program: 'server', printsNothingFor: 600 },
      ],
      explanation:
        'The program decides whom it reads from next. Who types next makes no difference.',
    },
    {
      caption: 'Only Bob can set it going. His line brings both of them their answers.',
      action: { client: 'bob', types: 'my turn\n' },
      expect: [
        { client: 'bob', receives: 'You said: my turn\n' },
        { client: 'alice', receives: 'You said: anybody there?\n' },
        { program: 'server', prints: 'blocked, waiting for bob' },
      ],
    },
    {
      caption:
        'Bob presses Ctrl-D, which ends his side. That, too, is something recv() can return: 0 bytes, end of file.',
      action: { client: 'bob', halfCloses: true },
      expect: [
        { program: 'server', prints: 'bob: end of file' },
        { client: 'bob', ends: true },
      ],
    },
    {
      caption:
        'One connection is left, and its every line is answered at once. With one conversation there is nothing wrong with blocking.',
      action: { client: 'alice', types: 'just the two of us\n' },
      expect: [{ client: 'alice', receives: 'You said: just the two of us\n' }],
    },
  ],
});
