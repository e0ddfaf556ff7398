import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-deferred-accept',
  title: 'Accepted with the first word',
  predict:
    'Alice connects and types nothing. Her client says that she is connected. What does the server know of her?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    ways: [
      { name: 'deferred', label: 'deferred, up to 10 minutes', args: ['--seconds', '600'] },
      {
        name: 'one-second',
        label: 'deferred as LEV_OPT_DEFERRED_ACCEPT does it, 1 second',
        args: ['--seconds', '1'],
        scenario: [
          {
            caption: 'Alice types a line and gets it back. From now on the server knows her.',
            action: { client: 'alice', types: 'good morning\n' },
            expect: [{ client: 'alice', receives: 'good morning\n' }],
          },
          {
            caption:
              'Bob connects and says nothing. For the first half second the server doesn’t hear of him.',
            action: { client: 'bob', connects: true },
            expect: [{ program: 'server', printsNothingFor: 500 }],
          },
          {
            caption: 'He types a line and is served.',
            action: { client: 'bob', types: 'hello\n' },
            expect: [{ client: 'bob', receives: 'hello\n' }],
          },
          {
            question: {
              asks: 'Carol connects and types nothing at all. When does the server hear of her?',
              choices: ['at once', 'after a second or so', 'never'],
              right: 'after a second or so',
            },
            caption: 'Carol connects and says nothing.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'nothing to read yet' }],
            explanation:
              'After a second the kernel gives up waiting, and hands the silent client over.',
          },
          {
            caption: 'From then on she is a client like any other.',
            action: { client: 'carol', types: 'sorry, I was thinking\n' },
            expect: [{ client: 'carol', receives: 'sorry, I was thinking\n' }],
          },
        ],
      },
      {
        name: 'at-once',
        label: 'not deferred',
        args: ['--seconds', '0'],
        scenario: [
          {
            caption:
              'Bob connects and says nothing. The server hears of him at once, looks, and finds nothing to read.',
            action: { client: 'bob', connects: true },
            expect: [
              { program: 'server', prints: 'Connection from 127.0.0.1' },
              { program: 'server', prints: 'nothing to read yet' },
            ],
          },
          {
            caption:
              'He types a line. The loop wakes up for him a second time, and the bufferevent reads it.',
            action: { client: 'bob', types: 'hello\n' },
            expect: [{ client: 'bob', receives: 'hello\n' }],
          },
          {
            question: {
              asks: 'Carol connects and says nothing. What does she cost the server?',
              choices: ['nothing yet', 'a descriptor, and a wake-up'],
              right: 'a descriptor, and a wake-up',
            },
            caption: 'Carol connects.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'nothing to read yet' }],
            explanation:
              'She is accepted at once. That takes a descriptor, and a turn of the loop that finds nothing to read.',
          },
          {
            caption: 'She leaves without a word.',
            action: { client: 'carol', halfCloses: true },
            expect: [
              { program: 'server', prints: 'the client is gone' },
              { client: 'carol', ends: true },
            ],
          },
        ],
      },
    ],
  },
  clients: ['alice', { name: 'bob', later: true }, { name: 'carol', later: true }],
  scenario: [
    {
      caption:
        'Alice’s client is connected: her connect(2) has returned. The server has printed nothing about her, because nobody has told it.',
      expect: [
        { program: 'server', printsNothingFor: 500 },
        { client: 'alice', receivesNothingFor: 500 },
      ],
    },
    {
      caption: 'Bob connects, and the server doesn’t hear of him either.',
      action: { client: 'bob', connects: true },
      expect: [{ program: 'server', printsNothingFor: 1500 }],
    },
    {
      caption:
        'Bob types a line. Only now does the kernel hand the connection to the server, with his line on it.',
      action: { client: 'bob', types: 'hello\n' },
      expect: [
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { program: 'server', prints: '6 bytes are there already: "hello\\n"' },
        { client: 'bob', receives: 'hello\n' },
      ],
    },
    {
      question: {
        asks: 'Alice has not typed anything, and ends her side. Does the server hear of her now?',
        choices: ['yes, at once', 'not before the time is up', 'no, never'],
        right: 'yes, at once',
      },
      caption: 'Alice ends her side.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'the end is there already' },
        { client: 'alice', ends: true },
      ],
      explanation:
        'The kernel waits until there is something to read, and an end of file is something to read.',
    },
    {
      caption: 'Carol connects. The server hasn’t heard of her either.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', printsNothingFor: 500 }],
    },
    {
      caption:
        'Carol begins a line and doesn’t press Enter. Her terminal keeps it, so nothing is sent.',
      action: { client: 'carol', types: 'half a li' },
      expect: [{ program: 'server', printsNothingFor: 500 }],
    },
    {
      caption: 'She presses Enter, and is accepted.',
      action: { client: 'carol', types: 'ne\n' },
      expect: [
        { program: 'server', prints: '12 bytes are there already' },
        { client: 'carol', receives: 'half a line\n' },
      ],
    },
  ],
});
