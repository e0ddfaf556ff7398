import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'write-set',
  title: 'The server that never rests',
  predict:
    'Alice and Bob are connected, and nobody types. How often does select() return, and what does that cost?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    descriptors: 256,
  },
  clients: ['alice', 'bob'],
  gauges: ['cpu', 'calls'],
  scenario: [
    {
      caption: 'Bob types a line, and is answered. As far as he can tell, nothing is wrong.',
      action: { client: 'bob', types: 'Busy?\n' },
      expect: [{ client: 'bob', receives: 'Ohfl?\n' }],
    },
    {
      question: {
        asks: 'Both clients are in the write set, and nobody types. How long does select() wait?',
        choices: ['until somebody types', 'a second', 'not at all'],
        right: 'not at all',
      },
      caption: 'Nobody types, and yet the server takes all the processor time it can get.',
      expect: [
        { gauge: 'cpu', program: 'server', atLeast: 0.3 },
        { client: 'alice', receivesNothingFor: 500 },
      ],
      explanation:
        'select() returns at once, again and again, because both clients can be written to.',
    },
  ],
  exercise: {
    task: 'Change what select() waits for, so that the server rests when nobody wants anything from it. It must also rest while a client doesn’t read its answers, and send all of them once the client reads again.',
    hints: [
      'A socket can be written to when the kernel has room for more bytes. How often is that so for a client who sends nothing?',
      'A client belongs in the write set only while there is something to send to it.',
      'Look at doWrite(). Which bytes of the buffer are answers that have not been sent? The beginning of a line is not an answer yet.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
