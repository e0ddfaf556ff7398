import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-disabled',
  title: 'A listener that accepts nobody yet',
  predict:
    'Nobody accepts connections yet. Alice and Bob connect, and Alice types a line. What does her client say, and what becomes of the line?',
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
              'To enable it once more is no help. A listener that was made without a callback does not even watch its socket.',
            action: { program: 'server', types: 'enable\n' },
            expect: [{ program: 'server', prints: 'The listener is enabled.' }],
          },
          {
            caption:
              'Now it gets a callback, by setCb. That is what it waited for: Alice is accepted, then Bob.',
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
            caption:
              'The callback is taken away again. You might expect the listener to wait, as it did before.',
            action: { program: 'server', types: 'none\n' },
            expect: [{ program: 'server', prints: 'The callback is null.' }],
          },
          {
            question: {
              asks: 'The callback is gone, and the listener is enabled. Carol connects. What happens to her?',
              choices: ['she waits in the queue', 'her connection is closed', 'she is refused'],
              right: 'her connection is closed',
            },
            caption:
              'It does not. Carol is accepted and her connection closed at once: the listener is enabled and has nobody to give her to.',
            action: { client: 'carol', triesToConnect: true },
            expect: [
              { client: 'carol', notes: 'The server closed the connection.' },
              { client: 'carol', ends: true },
            ],
          },
          {
            caption: 'Alice’s connection is older than that, and a bufferevent has it. She stays.',
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
        'Alice’s terminal says that she is connected, and so does Bob’s. The server’s says nothing, because its listener is disabled. It has accepted nobody.',
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
      caption:
        'Alice types a line. It leaves her terminal, and the kernel on the server’s side keeps it. Nobody reads it there.',
      action: { client: 'alice', types: 'anybody there?\n' },
      expect: [
        { client: 'alice', receivesNothingFor: 500 },
        { program: 'server', printsNothingFor: 500 },
      ],
      explanation:
        'The kernel made the connection without the program, and keeps what comes in until somebody reads it.',
    },
    {
      caption:
        'The server is told to enable its listener. It accepts Alice and Bob, finds her line waiting and answers it.',
      action: { program: 'server', types: 'enable\n' },
      expect: [
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { client: 'alice', receives: 'anybody there?\n' },
      ],
    },
    {
      caption:
        'A new argument for the callback, by setCb. The listener goes on as it was, with the same socket.',
      action: { program: 'server', types: 'shout\n' },
      expect: [{ program: 'server', prints: 'new clients get a loud echo' }],
    },
    {
      caption: 'Carol is the first to come after that.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
    },
    {
      caption: 'She gets the loud echo.',
      action: { client: 'carol', types: 'good morning\n' },
      expect: [{ client: 'carol', receives: 'GOOD MORNING\n' }],
    },
    {
      caption: 'Alice came before it and gets what she always got.',
      action: { client: 'alice', types: 'good morning\n' },
      expect: [{ client: 'alice', receives: 'good morning\n' }],
    },
    {
      caption: 'The listener is disabled. That is between the server and those who come later.',
      action: { program: 'server', types: 'disable\n' },
      expect: [{ program: 'server', prints: 'it accepts nobody' }],
    },
    {
      caption: 'So Dave connects and waits, and the others do not notice.',
      action: { client: 'dave', connects: true },
      expect: [
        { client: 'dave', receivesNothingFor: 300 },
        { program: 'server', printsNothingFor: 300 },
      ],
    },
  ],
});
