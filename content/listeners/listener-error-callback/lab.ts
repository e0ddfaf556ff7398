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
      { name: 'pause', label: 'pause when descriptors run out', args: ['9876'] },
      {
        name: 'spin',
        label: 'go on as C libevent does',
        args: ['9876', '--spin'],
        scenario: [
          {
            caption:
              'Bob takes the last descriptor. The listener tries to accept once more, fails, and calls the error callback. Nobody waits, so this happens once.',
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
            caption:
              'Now Carol waits in the queue. The listening socket is readable and stays readable: the loop wakes, accepting fails, the callback is called, the loop wakes. Look at the count and at the processor.',
            action: { client: 'carol', connects: true },
            expect: [
              { program: 'server', prints: 'call 10,000' },
              { gauge: 'cpu', program: 'server', atLeast: 0.2 },
            ],
            explanation:
              'The socket is readable as long as somebody waits, and nothing takes Carol out of the queue.',
          },
          {
            caption:
              'The loop still comes by the other connections, so Bob is served. It is only that the processor has no rest.',
            action: { client: 'bob', types: 'still served\n' },
            expect: [
              { client: 'bob', receives: 'still served\n' },
              { client: 'carol', receivesNothingFor: 300 },
            ],
          },
          {
            caption:
              'Alice leaves, and her descriptor is Carol’s. Nobody waits any more, and the processor is quiet.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', ends: true },
              { program: 'server', prints: 'Connection from 127.0.0.1' },
              { gauge: 'cpu', program: 'server', atMost: 0.15 },
            ],
          },
        ],
      },
    ],
  },
  clients: ['alice', { name: 'bob', later: true }],
  gauges: ['cpu', 'descriptors'],
  scenario: [
    {
      caption: 'Alice has one of the two descriptors that were free.',
      action: { client: 'alice', types: 'hello\n' },
      expect: [{ client: 'alice', receives: 'hello\n' }],
    },
    {
      caption:
        'Bob takes the other one. The listener tries to accept a next client, and accept4 wants a descriptor before it looks whether anybody is there. So the error callback is called already now.',
      action: { client: 'bob', connects: true },
      expect: [
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { program: 'server', prints: 'Error callback, call 1: Too many open files' },
      ],
    },
    {
      question: {
        asks: 'No descriptor is free, and Carol connects. What happens to her?',
        choices: ['she is refused', 'she is connected, and waits', 'her connection is closed'],
        right: 'she is connected, and waits',
      },
      caption:
        'Carol connects. The kernel shakes hands and puts her into the queue. The listener pauses: no call of the callback, and the processor is at rest.',
      action: { client: 'carol', connects: true },
      expect: [
        { program: 'server', printsNothingFor: 700 },
        { gauge: 'cpu', program: 'server', atMost: 0.15 },
      ],
      explanation:
        'The kernel makes the connection by itself. It needs a descriptor only when it hands the connection to the program.',
    },
    {
      caption: 'Carol types. What she sends is kept in the kernel, with her connection.',
      action: { client: 'carol', types: 'is anybody there?\n' },
      expect: [{ client: 'carol', receivesNothingFor: 700 }],
    },
    {
      caption: 'Only accepting pauses. Bob is served as before.',
      action: { client: 'bob', types: 'all well here\n' },
      expect: [
        { client: 'bob', receives: 'all well here\n' },
        { client: 'carol', receivesNothingFor: 300 },
      ],
    },
    {
      caption:
        'Alice leaves, and her descriptor is free. The listener notices within 20 ms, accepts Carol on the same number, and her line is answered. Then it is short of descriptors again, and says so again.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { client: 'alice', ends: true },
        { program: 'server', prints: 'is free again' },
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { program: 'server', prints: 'Error callback, call 1: Too many open files' },
        { client: 'carol', receives: 'is anybody there?\n' },
      ],
    },
    {
      caption: 'Bob leaves too, and Dave needs no patience.',
      action: { client: 'bob', halfCloses: true },
      expect: [
        { client: 'bob', ends: true },
        { program: 'server', prints: 'is free again' },
      ],
    },
    {
      caption: 'He is accepted at once.',
      action: { client: 'dave', connects: true },
      expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
    },
  ],
});
