import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-threads',
  title: 'A ROT13 server with a thread for each client',
  predict:
    'Now each client gets a thread instead of a process. Which starts faster, and which takes less memory?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    // Each thread has some five of its own.
    descriptors: 1100,
    // What a crowd meets: with more, there would be no memory for them.
    processes: 20,
  },
  clients: ['alice', 'bob'],
  crowd: true,
  gauges: ['processes', 'threads', 'memory'],
  scenario: [
    {
      caption:
        'Alice and Bob are connected, and the server is still one process. It has one thread for each of them. (The other threads are Node’s own.)',
      expect: [
        { gauge: 'processes', program: 'server', is: 1 },
        { gauge: 'threads', program: 'server', is: 8 },
      ],
    },
    {
      question: {
        asks: 'Bob types, and Alice says nothing. Who has to wait?',
        choices: ['Bob, for Alice', 'nobody', 'Bob, until Alice’s thread is done'],
        right: 'nobody',
      },
      caption:
        'Bob types first, and his thread answers. Alice’s thread is blocked in recv() meanwhile, and nobody but her notices.',
      action: { client: 'bob', types: 'My own thread\n' },
      expect: [
        { client: 'bob', receives: 'Zl bja guernq\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      question: {
        asks: 'Carol connects. Is her thread cheaper than a process made by fork()?',
        choices: [
          'yes, in time and in memory',
          'no, it takes more of both',
          'there is no difference',
        ],
        right: 'no, it takes more of both',
      },
      caption:
        'Carol connects. Watch the figures: a worker thread brings an engine for JavaScript of its own, which takes far more time and memory than a fork did.',
      action: { client: 'carol', connects: true },
      expect: [
        { program: 'server', prints: 'started in' },
        { gauge: 'threads', program: 'server', is: 9 },
      ],
      explanation:
        'In C it would be the other way round: there a thread needs little more than a stack. Here each worker starts a JavaScript engine of its own.',
    },
    {
      caption: 'Alice’s half line waits in a buffer of her own thread.',
      action: { client: 'alice', types: 'half a li\u0004' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
    },
    {
      caption: 'Carol is served while Alice’s line is unfinished.',
      action: { client: 'carol', types: 'Hello\n' },
      expect: [
        { client: 'carol', receives: 'Uryyb\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption: 'Alice ends her line, and it comes back whole.',
      action: { client: 'alice', types: 'ne\n' },
      expect: [{ client: 'alice', receives: 'unys n yvar\n' }],
    },
    {
      caption: 'Nobody types, and nothing moves. Every thread waits in a system call.',
      expect: [
        { program: 'server', printsNothingFor: 500 },
        { client: 'bob', receivesNothingFor: 500 },
      ],
    },
    {
      caption:
        'Alice types a last line and presses Ctrl-D. She gets her answer, her thread closes the descriptor and ends.',
      action: { client: 'alice', types: 'Good bye!\n\u0004' },
      expect: [
        { client: 'alice', receives: 'Tbbq olr!\n' },
        { program: 'server', prints: 'end of file, so this thread ends' },
        { client: 'alice', ends: true },
        { gauge: 'threads', program: 'server', is: 8 },
      ],
    },
    {
      caption:
        'Bob is there as before. But all threads share one memory and one table of descriptors: a crash in one would end them all.',
      action: { client: 'bob', types: 'still here\n' },
      expect: [{ client: 'bob', receives: 'fgvyy urer\n' }],
    },
  ],
});
