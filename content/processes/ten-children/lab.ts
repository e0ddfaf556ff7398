import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'ten-children',
  title: 'Ten children, and no zombies',
  predict:
    'This server calls waitpid() after each fork(). Alice’s child ends. Does it become a zombie all the same?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713', forks: true },
  clients: ['alice', 'bob'],
  gauges: ['processes', 'zombies'],
  scenario: [
    {
      caption: 'Alice and Bob have been welcomed, each by a child.',
      action: { client: 'alice', types: 'How many are we?\n' },
      expect: [
        { client: 'alice', receives: 'Ubj znal ner jr?\n' },
        { gauge: 'processes', program: 'server', is: 3 },
      ],
    },
    {
      question: {
        asks: 'The parent has called waitpid() for both children, with WNOHANG, so it didn’t wait. Alice leaves. What becomes of her child?',
        choices: ['it is gone', 'it is a zombie until the next client comes', 'it stays a zombie'],
        right: 'it stays a zombie',
      },
      caption:
        'Alice presses Ctrl-D, and her child exits. The parent asked about it long before, when the child had only just begun, and never asks again.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { client: 'alice', ends: true },
        { gauge: 'processes', program: 'server', is: 2 },
        { gauge: 'zombies', program: 'server', is: 1 },
      ],
    },
    {
      caption:
        'Carol comes. There is one more child, and the zombie is still there. The parent also counts, but nothing happens at 10.',
      action: { client: 'carol', connects: true },
      expect: [
        { client: 'carol', receives: 'Welcome.\n' },
        { program: 'server', prints: 'Children: 3 of 10' },
        { gauge: 'zombies', program: 'server', is: 1 },
      ],
      explanation:
        'waitpid() tells of a child that has ended. With WNOHANG it doesn’t wait for one to end.',
    },
  ],
  exercise: {
    task: 'Let the server have 10 children at most. Further clients wait, and nobody hangs up on them. As soon as a child ends, for whatever reason, the next client is welcomed. And reap the children: once the next client is welcomed, there is no zombie left, however many children have ended since the one before.',
    hints: [
      'waitpid(-1, …) asks for any child that has ended. With WNOHANG it returns 0 if none has, and -1 if there are no children.',
      'Several children may have ended since you last asked, and each call tells of only one.',
      'What does waitpid() do without WNOHANG? With 10 children that is just what the parent needs before it accepts anybody.',
      'The kernel completes connections without the server, and keeps them until they are accepted. So a client can wait without the server knowing of it.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
