import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-error-callback',
  title: 'Two connections, and no descriptor for a third',
  predict:
    'The server has room for two connections. A third client connects. Is it refused, or dropped, or does it wait? And what does the server do meanwhile?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    ways: [
      { name: 'spin', label: 'try again at once', args: ['9876'] },
      {
        name: 'pause',
        label: 'pause, then try again',
        args: ['9876'],
        patch: [{ replace: 'listener.setPauseOnShortage(false);', by: '' }],
        scenario: [
          {
            caption: 'Alice has one of the two descriptors that were free.',
            action: { client: 'alice', types: 'hello\n' },
            expect: [{ client: 'alice', receives: 'hello\n' }],
          },
          {
            caption:
              'Bob takes the other. The listener looks for one more client, and accept4 reserves a descriptor before it looks. So the error callback runs already.',
            action: { client: 'bob', connects: true },
            expect: [
              { program: 'server', prints: 'Connection from 127.0.0.1' },
              { program: 'server', prints: 'Error callback, call 1: Too many open files' },
            ],
          },
          {
            question: {
              asks: 'No descriptor is free, and Carol connects. What happens to her?',
              choices: [
                'she is refused',
                'she is connected, and waits',
                'her connection is closed',
              ],
              right: 'she is connected, and waits',
            },
            caption: 'Carol connects. Watch the count and the processor.',
            action: { client: 'carol', connects: true },
            expect: [
              { program: 'server', printsNothingFor: 700 },
              { gauge: 'cpu', program: 'server', atMost: 0.15 },
            ],
            explanation:
              'The kernel makes the connection by itself. It needs a descriptor only to hand the connection to the program. The listener has stopped asking for now.',
          },
          {
            caption: 'Carol types. The kernel keeps her line with her connection.',
            action: { client: 'carol', types: 'is anybody there?\n' },
            expect: [{ client: 'carol', receivesNothingFor: 700 }],
          },
          {
            caption: 'Only accepting has paused. Bob is served as before.',
            action: { client: 'bob', types: 'all well here\n' },
            expect: [
              { client: 'bob', receives: 'all well here\n' },
              { client: 'carol', receivesNothingFor: 300 },
            ],
          },
          {
            question: {
              asks: 'Alice leaves, and her descriptor is free. How does the listener find out?',
              choices: ['the kernel tells it', 'it tries again every now and then', 'it doesn’t'],
              right: 'it tries again every now and then',
            },
            caption: 'Alice ends her side.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', ends: true },
              { program: 'server', prints: 'is free again' },
              { program: 'server', prints: 'Connection from 127.0.0.1' },
              { program: 'server', prints: 'Error callback, call 1: Too many open files' },
              { client: 'carol', receives: 'is anybody there?\n' },
            ],
            explanation:
              'It tries every 20 ms. Carol gets the same number, and her line is answered. Then the server is short of descriptors again, and says so again.',
          },
        ],
      },
    ],
  },
  clients: ['alice', { name: 'bob', later: true }, { name: 'carol', later: true }],
  gauges: ['cpu', 'descriptors'],
  scenario: [
    {
      caption:
        'Bob takes the last descriptor. The listener tries to accept once more, fails, and calls the error callback. Nobody is waiting, so that happens once.',
      action: { client: 'bob', connects: true },
      expect: [
        { program: 'server', prints: 'Error callback, call 1: Too many open files' },
        { gauge: 'cpu', program: 'server', atMost: 0.15 },
      ],
    },
    {
      question: {
        asks: 'Now Carol connects, and accepting her fails. How often does it fail?',
        choices: ['once', 'about once a second', 'thousands of times a second'],
        right: 'thousands of times a second',
      },
      caption: 'Carol connects. Watch the count and the processor.',
      action: { client: 'carol', connects: true },
      expect: [
        { program: 'server', prints: 'call 10,000' },
        { gauge: 'cpu', program: 'server', atLeast: 0.2 },
      ],
      explanation:
        'The listening socket is readable as long as somebody waits, and nothing takes Carol out of the queue. The loop wakes, accepting fails, the callback runs, and the loop wakes again.',
    },
    {
      question: {
        asks: 'The server is spinning. Bob types a line. Is he answered?',
        choices: ['yes', 'no, he waits with Carol'],
        right: 'yes',
      },
      caption: 'Bob types a line.',
      action: { client: 'bob', types: 'still served\n' },
      expect: [
        { client: 'bob', receives: 'still served\n' },
        { client: 'carol', receivesNothingFor: 300 },
      ],
      explanation:
        'The loop still gets round to the other connections. Only the processor gets no rest.',
    },
    {
      caption:
        'Alice leaves, and Carol gets her descriptor. Nobody waits any more, and the processor is quiet.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { client: 'alice', ends: true },
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { gauge: 'cpu', program: 'server', atMost: 0.15 },
      ],
    },
  ],
});
