import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'ten-children',
  title: 'Ten children, and no zombies',
  predict:
    'This server calls waitpid() after each fork(). Alice’s child ends. Does it still become a zombie?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713', forks: true },
  clients: ['alice', 'bob'],
  gauges: ['processes', 'zombies'],
  scenario: [
    {
      caption: 'Alice and Bob have each been welcomed by a child.',
      action: { client: 'alice', types: 'How many are we?\n' },
      expect: [
        { client: 'alice', receives: 'Ubj znal ner jr?\n' },
        { gauge: 'processes', program: 'server', is: 3 },
      ],
    },
    {
      question: {
        asks: 'The parent has called waitpid() for both children, with WNOHANG, so it did not wait. Alice leaves. What becomes of her child?',
        choices: ['it is gone', 'it is a zombie until the next client comes', 'it stays a zombie'],
        right: 'it stays a zombie',
      },
      caption:
        'Alice presses Ctrl-D, and her child exits. The parent asked about this child when it had just begun, and never asks again.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { client: 'alice', ends: true },
        { gauge: 'processes', program: 'server', is: 2 },
        { gauge: 'zombies', program: 'server', is: 1 },
      ],
    },
    {
      caption:
        'Carol comes. There is one more child, and the zombie is still there. The parent counts its children, but nothing happens at 10.',
      action: { client: 'carol', connects: true },
      expect: [
        { client: 'carol', receives: 'Welcome.\n' },
        { program: 'server', prints: 'Children: 3 of 10' },
        { gauge: 'zombies', program: 'server', is: 1 },
      ],
      explanation:
        'waitpid() reports a child that has ended. With WNOHANG it doesn’t wait until one ends.',
    },
  ],
  exercise: {
    task: 'Limit the server to 10 children. Further clients wait, and nobody hangs up on them. As soon as a child ends, for whatever reason, the next client is welcomed. Reap the children, too: whenever a client has been welcomed, there must be no zombie left, however many children have ended since the last one came.',
    hints: [
      'waitpid(-1, …) asks for any child that has ended. With WNOHANG it returns 0 if none has, and -1 if there are no children.',
      'Several children may have ended since you last asked, and each call reports only one.',
      'What does waitpid() do without WNOHANG? With 10 children, the parent needs just that before it accepts the next client.',
      'The kernel completes connections without the server, and keeps them until they are accepted. So a client can wait without the server knowing of it.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
