import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'graceful-end',
  title: 'An end that loses no answer',
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
        choices: ['nothing: they stay connected', 'their connections end', 'Connection refused'],
        right: 'their connections end',
      },
      caption:
        'Ctrl-C. The loop ends at once, and with it the process. Alice and Bob had all of their answers, so they lose nothing. An answer that was still in the server’s output would be lost.',
      action: { program: 'server', interrupts: true },
      expect: [
        { program: 'server', exits: 0 },
        { client: 'alice', ends: true },
        { client: 'bob', ends: true },
      ],
    },
  ],
  exercise: {
    task: 'Let Ctrl-C end the server well. From then on nobody else can connect, and nothing new is answered. A client whose answer is not all sent gets the rest of it, then its connection ends. Every other connection ends at once. When the last connection is over, the server exits with code 0.',
    hints: [
      'What keeps a loop running? base.dispatch() returns by itself when no event is left to wait for.',
      'A listener that is only disabled still listens: the kernel goes on making connections for it. free() closes its socket.',
      'finish() already does the right thing for one connection, and it is called when a client says that it is done. Here all of them are done.',
      'The event for SIGINT is an event as well. As long as it is added, the loop waits for it.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
