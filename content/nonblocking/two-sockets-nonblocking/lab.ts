import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'two-sockets-nonblocking',
  title: 'Two clients, and a loop that never waits',
  predict:
    'Nobody types. The server asks Alice’s connection, then Bob’s, then Alice’s again, and never waits. How much of a processor does that take?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713' },
  clients: ['alice', 'bob'],
  gauges: ['cpu', 'calls'],
  scenario: [
    {
      caption:
        'Nobody says a word. The server asks both sockets all the same, hundreds of thousands of times a second, and takes all of a processor that it can get.',
      expect: [
        { gauge: 'cpu', program: 'server', atLeast: 0.5 },
        { gauge: 'calls', program: 'server', atLeast: 1000 },
      ],
    },
    {
      caption:
        'Bob types first, and this time he is answered at once. The server says how often it had asked in vain.',
      action: { client: 'bob', types: 'hello from bob\n' },
      expect: [
        { client: 'bob', receives: 'You said: hello from bob\n' },
        { program: 'server', prints: 'calls of recv() for nothing' },
      ],
    },
    {
      caption: 'Bob again. Nothing depends on Alice any more.',
      action: { client: 'bob', types: 'me again\n' },
      expect: [
        { client: 'bob', receives: 'You said: me again\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption: 'Alice types and is answered at once as well. Any order will do.',
      action: { client: 'alice', types: 'hello from alice\n' },
      expect: [{ client: 'alice', receives: 'You said: hello from alice\n' }],
    },
    {
      caption:
        'Silence again. Nothing is printed and nothing is sent, and the processor is as busy as before.',
      expect: [
        { program: 'server', printsNothingFor: 600 },
        { gauge: 'cpu', program: 'server', atLeast: 0.5 },
        { gauge: 'calls', program: 'server', atLeast: 1000 },
      ],
    },
    {
      question: {
        asks: 'Alice ends her side. What does recv() return for her then?',
        choices: ['-1, and errno is EAGAIN', '0', '-1, and errno is ECONNRESET'],
        right: '0',
      },
      caption: 'Alice ends her side. recv() returns 0 for her: end of file is not “nothing yet”.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'alice: end of file' },
        { client: 'alice', ends: true },
      ],
    },
    {
      question: {
        asks: 'Alice is gone, and there is one socket less to ask. How busy is the processor now?',
        choices: ['half as busy', 'as busy as before', 'idle'],
        right: 'as busy as before',
      },
      caption:
        'Half as many sockets, and not half the work: the loop only comes round to Bob more often.',
      action: { client: 'bob', types: 'still busy?\n' },
      expect: [
        { client: 'bob', receives: 'You said: still busy?\n' },
        { gauge: 'cpu', program: 'server', atLeast: 0.5 },
      ],
      explanation:
        'A loop that never waits takes all that it can get, however little there is to do.',
    },
  ],
});
