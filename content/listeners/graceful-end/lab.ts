import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'graceful-end',
  title: 'An end that owes nobody anything',
  predict:
    'Alice has asked for more than fits into all buffers on the way. Somebody presses Ctrl-C. What does she get?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening on port 9876' },
  clients: ['alice', 'bob'],
  scenario: [
    {
      caption: 'The server repeats a line as often as Alice says.',
      action: { client: 'alice', types: '2 hello\n' },
      expect: [{ client: 'alice', receives: 'hello\nhello\n' }],
    },
    {
      question: {
        asks: 'Somebody presses Ctrl-C in the server’s terminal. What do Alice and Bob see?',
        choices: ['nothing: they stay connected', 'their connections end', 'the port in use'],
        right: 'their connections end',
      },
      caption:
        'Ctrl-C. The loop ends at once, and with it the process. For Alice and Bob, who were owed nothing, that is good enough. An answer that was still on its way would be lost.',
      action: { program: 'server', interrupts: true },
      expect: [
        { program: 'server', exits: 0 },
        { client: 'alice', ends: true },
        { client: 'bob', ends: true },
      ],
    },
  ],
  exercise: {
    task: 'Let Ctrl-C end the server well. From then on nobody else can connect, and nothing new is answered. Whoever is owed an answer gets all of it, then the connection ends. Whoever is owed nothing sees the end at once. With the last connection the server exits with code 0.',
    hints: [
      'What keeps a loop running? base.dispatch() returns by itself when no event is left to wait for.',
      'A listener that is only disabled still listens: the kernel goes on accepting for it. free() closes its socket.',
      'finish() already does the right thing for one connection, and it is called when a client says that it is done. Here all of them are done.',
      'The event for SIGINT is an event as well. As long as it is there, the loop waits for it.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
