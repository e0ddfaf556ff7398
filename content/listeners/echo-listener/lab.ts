import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'echo-listener',
  title: 'An echo server on a connection listener',
  predict:
    'Two clients are connected. Alice types a line. Whose terminal changes: Alice’s, Bob’s or both?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    // A crowd needs 1,000.
    descriptors: 1100,
  },
  clients: ['alice', 'bob'],
  crowd: true,
  scenario: [
    {
      caption:
        'Alice types a line. The server’s read callback moves it from her input buffer to her output buffer, and it comes back to her.',
      action: { client: 'alice', types: 'hello from alice\n' },
      expect: [{ client: 'alice', receives: 'hello from alice\n' }],
    },
    {
      caption: 'Bob heard nothing of it. Each connection has a bufferevent of its own.',
      expect: [{ client: 'bob', receivesNothingFor: 300 }],
    },
    {
      question: {
        asks: 'Alice types half a line and doesn’t press Enter. How much of it does the server have?',
        choices: ['all that she has typed', 'nothing'],
        right: 'nothing',
      },
      caption:
        'Alice begins a line and doesn’t press Enter. Her terminal keeps it, so the server has nothing to echo yet.',
      action: { client: 'alice', types: 'half a li' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
      explanation:
        'A terminal hands over whole lines, unless a program asks for single keys: termios(3).',
    },
    {
      question: {
        asks: 'Alice’s line is unfinished. Bob types a whole one. When is he answered?',
        choices: ['at once', 'when Alice has ended her line'],
        right: 'at once',
      },
      caption:
        'Bob types a whole line meanwhile. A server that waited for Alice would keep him waiting too. This one answers at once.',
      action: { client: 'bob', types: 'bob does not wait\n' },
      expect: [{ client: 'bob', receives: 'bob does not wait\n' }],
    },
    {
      caption: 'Alice ends her line, and the whole of it comes back.',
      action: { client: 'alice', types: 'ne\n' },
      expect: [{ client: 'alice', receives: 'half a line\n' }],
    },
    {
      caption:
        'Carol connects while the others are still there. The listener accepts her and calls the accept callback for the third time.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
    },
    {
      caption:
        'Alice presses Ctrl-D, which ends her half of the connection. The server reads end of file and frees her bufferevent, and her descriptor is closed with it.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'end of file' },
        { client: 'alice', ends: true },
      ],
    },
    {
      caption: 'Bob is still connected. Her end didn’t touch him.',
      action: { client: 'bob', types: 'still here\n' },
      expect: [{ client: 'bob', receives: 'still here\n' }],
    },
  ],
});
