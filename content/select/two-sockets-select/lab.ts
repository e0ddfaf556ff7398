import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'two-sockets-select',
  title: 'Two clients in one call of select()',
  predict:
    'The server waits for both clients in a single call. Nobody types. How much of a processor does it take now, and how many calls a second?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713' },
  clients: ['alice', 'bob'],
  gauges: ['cpu', 'calls'],
  showsSelect: true,
  scenario: [
    {
      caption:
        'Nobody says a word, and this server sleeps. The kernel has its set of two descriptors and wakes it when one of them can be read.',
      expect: [
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
        { gauge: 'calls', program: 'server', atMost: 50 },
      ],
    },
    {
      question: {
        asks: 'Bob types a line. What does select() return?',
        choices: ['0', '1', 'the number of Bob’s descriptor'],
        right: '1',
      },
      caption:
        'Bob types. select() returns 1, with only Bob’s bit left in the set, and recv() on his socket does not have to wait.',
      action: { client: 'bob', types: 'hello from bob\n' },
      expect: [
        { program: 'server', prints: 'select() returned 1' },
        { client: 'bob', receives: 'You said: hello from bob\n' },
      ],
      explanation:
        'It returns how many bits are left. The set says which ones they are, so the program tests the bit of each client: select(2).',
    },
    {
      caption: 'Bob again. The program calls recv() for him alone, for only his bit was left.',
      action: { client: 'bob', types: 'me again\n' },
      expect: [
        { client: 'bob', receives: 'You said: me again\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption: 'Alice types, and it is her bit that is left. Any order will do, as before.',
      action: { client: 'alice', types: 'hello from alice\n' },
      expect: [
        { program: 'server', prints: 'select() returned 1' },
        { client: 'alice', receives: 'You said: hello from alice\n' },
      ],
    },
    {
      caption: 'Silence again: no call, no processor, one process asleep.',
      expect: [
        { program: 'server', printsNothingFor: 600 },
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
        { gauge: 'calls', program: 'server', atMost: 50 },
      ],
    },
    {
      question: {
        asks: 'Alice ends her side and sends nothing. Does select() report her socket?',
        choices: ['yes, it can be read', 'yes, as an error', 'no, because nothing came'],
        right: 'yes, it can be read',
      },
      caption:
        'Alice ends her side. “Can be read” means that recv() would not block, and at the end of file it would not: it returns 0.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'alice: end of file' },
        { client: 'alice', ends: true },
        { program: 'server', prints: 'blocked, waiting for bob' },
      ],
    },
    {
      caption: 'From now on only Bob’s descriptor is in the set.',
      action: { client: 'bob', types: 'only me now\n' },
      expect: [{ client: 'bob', receives: 'You said: only me now\n' }],
    },
  ],
});
