import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-disabled',
  title: 'A listener that accepts nobody yet',
  predict:
    'The server accepts nobody yet. Alice and Bob connect, and Alice types a line. What does her client say, and what becomes of the line?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    reads: true,
    ways: [
      { name: 'disabled', label: 'created disabled', args: [] },
      {
        name: 'no-callback',
        label: 'created without a callback',
        args: ['--no-callback'],
        scenario: [
          {
            caption:
              'This listener is enabled, but it has no callback yet. Alice and Bob are connected, and the server still says nothing.',
            expect: [
              { program: 'server', printsNothingFor: 300 },
              { client: 'alice', receivesNothingFor: 300 },
            ],
          },
          {
            question: {
              asks: 'The listener has no callback. It is enabled once more. Does it accept now?',
              choices: ['yes', 'no'],
              right: 'no',
            },
            caption:
              'Enabling it again changes nothing. A listener that was made without a callback doesn’t even watch its socket.',
            action: { program: 'server', types: 'enable\n' },
            expect: [{ program: 'server', prints: 'The listener is enabled.' }],
          },
          {
            caption:
              'Now setCb gives it a callback, which is what it was waiting for. It accepts Alice, then Bob.',
            action: { program: 'server', types: 'echo\n' },
            expect: [
              { program: 'server', prints: 'The callback is set' },
              { program: 'server', prints: 'Connection from 127.0.0.1' },
            ],
          },
          {
            caption: 'Alice types a line, and it comes back.',
            action: { client: 'alice', types: 'at last\n' },
            expect: [{ client: 'alice', receives: 'at last\n' }],
          },
          {
            caption: 'The callback is taken away again.',
            action: { program: 'server', types: 'none\n' },
            expect: [{ program: 'server', prints: 'The callback is null.' }],
          },
          {
            question: {
              asks: 'The callback is gone, and the listener is enabled. Carol connects. What happens to her?',
              choices: ['she waits in the queue', 'her connection is closed', 'she is refused'],
              right: 'her connection is closed',
            },
            caption: 'Carol connects.',
            action: { client: 'carol', triesToConnect: true },
            expect: [
              { client: 'carol', notes: 'The server closed the connection.' },
              { client: 'carol', ends: true },
            ],
            explanation:
              'The listener is enabled and has nobody to give her to, so it accepts her and closes the connection.',
          },
          {
            caption:
              'Alice was accepted before that, and a bufferevent has her connection. She stays.',
            action: { client: 'alice', types: 'still here\n' },
            expect: [{ client: 'alice', receives: 'still here\n' }],
          },
          {
            caption: 'To make clients wait, disable the listener.',
            action: { program: 'server', types: 'disable\n' },
            expect: [{ program: 'server', prints: 'it accepts nobody' }],
          },
          {
            caption: 'Dave connects, and he keeps his connection. Nobody has accepted him.',
            action: { client: 'dave', connects: true },
            expect: [
              { client: 'dave', receivesNothingFor: 300 },
              { program: 'server', printsNothingFor: 300 },
            ],
          },
        ],
      },
    ],
  },
  clients: ['alice', 'bob', { name: 'carol', later: true }, { name: 'dave', later: true }],
  scenario: [
    {
      caption:
        'Alice’s client says “Connected”, and so does Bob’s. The server’s terminal says nothing: its listener is disabled and has accepted nobody.',
      expect: [{ program: 'server', printsNothingFor: 300 }],
    },
    {
      question: {
        asks: 'Nobody has accepted Alice. She types a line. Where is it then?',
        choices: [
          'still in her terminal',
          'in the kernel, on the server’s side',
          'nowhere: it is lost',
        ],
        right: 'in the kernel, on the server’s side',
      },
      caption: 'Alice types a line.',
      action: { client: 'alice', types: 'anybody there?\n' },
      expect: [
        { client: 'alice', receivesNothingFor: 500 },
        { program: 'server', printsNothingFor: 500 },
      ],
      explanation:
        'The kernel made the connection without the program. The kernel on the server’s side keeps what comes in on it until somebody reads that.',
    },
    {
      caption:
        'The server enables its listener. It accepts Alice and Bob, finds her line waiting, and answers it.',
      action: { program: 'server', types: 'enable\n' },
      expect: [
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { client: 'alice', receives: 'anybody there?\n' },
      ],
    },
    {
      caption:
        'setCb gives the callback another argument. The listener and its socket stay the same.',
      action: { program: 'server', types: 'shout\n' },
      expect: [{ program: 'server', prints: 'new clients get a loud echo' }],
    },
    {
      caption: 'Carol connects, the first to come after that.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
    },
    {
      caption: 'She is shouted at.',
      action: { client: 'carol', types: 'good morning\n' },
      expect: [{ client: 'carol', receives: 'GOOD MORNING\n' }],
    },
    {
      caption: 'Alice was accepted earlier, and gets what she always got.',
      action: { client: 'alice', types: 'good morning\n' },
      expect: [{ client: 'alice', receives: 'good morning\n' }],
    },
    {
      caption: 'The listener is disabled. That only concerns clients who come later.',
      action: { program: 'server', types: 'disable\n' },
      expect: [{ program: 'server', prints: 'it accepts nobody' }],
    },
    {
      caption: 'Dave connects and waits, and the others don’t notice.',
      action: { client: 'dave', connects: true },
      expect: [
        { client: 'dave', receivesNothingFor: 300 },
        { program: 'server', printsNothingFor: 300 },
      ],
    },
  ],
});
