import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'one-buffer',
  title: 'What a silent client keeps',
  predict:
    'Alice has sent a long text and has it back. Now she is silent. How much memory does the server still keep for her?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    descriptors: 512,
  },
  clients: ['alice', 'bob'],
  gauges: ['memory', 'descriptors'],
  scenario: [
    {
      caption: 'Alice sends a line, and the server sends it back.',
      action: { client: 'alice', types: 'A few words\n' },
      expect: [{ client: 'alice', receives: 'A few words\n' }],
    },
    {
      question: {
        asks: 'Alice has nothing more to say. What does the server keep for her, besides a descriptor and two events?',
        choices: ['nothing', 'her line', 'a buffer of 64 KB'],
        right: 'a buffer of 64 KB',
      },
      caption:
        'Alice is silent. Bring a crowd of silent clients, and watch the server’s memory: each of them gets an empty buffer of 64 KB.',
      expect: [
        { client: 'alice', staysOpenFor: 500 },
        { client: 'alice', receivesNothingFor: 300 },
      ],
      explanation:
        'The kernel hands out a page of memory when it is first written to. So a buffer costs as much as the longest text that its client has ever sent at once, and keeps that for as long as the client stays.',
    },
  ],
  exercise: {
    task: 'Let a client that is silent cost next to nothing, however much it has sent before. All answers must stay complete, and a client that is slow to read must still slow down nobody else.',
    hints: [
      'A buffer is in use only from recv() to send(). How many clients can be between the two at the same moment, in one process with one loop?',
      'One buffer for all will do. But send() may take a part. Whose bytes are the rest, and where do they wait?',
      'Copy only what send() has left, and only then. Drop the copy when the last of it is out.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
