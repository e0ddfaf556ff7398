import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'deaf-client',
  title: 'A client that never reads',
  predict:
    'A client sends 128 MB to an echo server and reads nothing of what comes back. Where do the bytes go, and who has to wait?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    ways: [
      { name: 'limit', label: 'with a limit for the output' },
      {
        name: 'no-limit',
        label: 'without it',
        patch: [
          {
            replace: `
              // So much is still to be sent that nothing more is read from this client.
              if (output.getLength() >= MOST_OUTPUT) bev.disable(EV_READ);
            `,
            by: '',
          },
          { replace: 'const MOST_OUTPUT = 64 * 1024;\n\n// #region read', by: '// #region read' },
        ],
        scenario: [
          {
            caption:
              'The line that stops the reading is gone. Alice reads what she gets, so she notices nothing.',
            action: { client: 'alice', types: 'Hello\n' },
            expect: [{ client: 'alice', receives: 'Hello\n' }],
          },
          {
            question: {
              asks: 'The deaf client sends 128 MB and reads nothing. Where does most of it end up?',
              choices: [
                'in the kernel’s buffers',
                'in the memory of the server',
                'it stays with the deaf client',
              ],
              right: 'in the memory of the server',
            },
            caption: 'The deaf client starts. Watch the memory of the server.',
            action: { program: 'deaf', starts: true },
            expect: [
              { program: 'deaf', prints: 'That was all' },
              { gauge: 'memory', program: 'server', atLeast: 115_000_000 },
            ],
            explanation:
              'The server reads everything that the client sends and keeps the echo in the output, since nobody reads it. The kernel’s buffers hold a few megabytes of it, the output the rest.',
          },
          {
            caption:
              'Alice is served as before, until one such client has used up the memory that all of them share.',
            action: { client: 'alice', types: 'Still here\n' },
            expect: [{ client: 'alice', receives: 'Still here\n' }],
          },
          {
            question: {
              asks: 'Somebody stops the deaf client. What does the server do with all that it has kept for it?',
              choices: ['it sends it', 'it drops it', 'it keeps it'],
              right: 'it drops it',
            },
            caption: 'Somebody stops the deaf client.',
            action: { program: 'deaf', interrupts: true },
            expect: [{ program: 'server', prints: 'broken' }],
            explanation:
              'The client left bytes unread, so its kernel resets the connection. The event callback is told of an error and frees the bufferevent, with everything in its output.',
          },
        ],
      },
    ],
  },
  programs: [{ name: 'deaf', program: 'deaf.ts', starts: 'on-demand' }],
  clients: ['alice'],
  gauges: ['cpu', 'memory'],
  scenario: [
    {
      caption: 'Alice sends a line, and reads the echo.',
      action: { client: 'alice', types: 'Hello\n' },
      expect: [{ client: 'alice', receives: 'Hello\n' }],
    },
    {
      question: {
        asks: 'The deaf client sends and never reads. How much can it send before it has to wait?',
        choices: ['all 128 MB', 'some megabytes', '64 KB'],
        right: 'some megabytes',
      },
      caption: 'The deaf client starts, and reads nothing.',
      action: { program: 'deaf', starts: true },
      expect: [{ program: 'deaf', prints: 'nothing was taken for a second' }],
      explanation:
        'The echo fills the kernel’s two buffers on the way back, then the output. At 64 KB of output the server stops reading. Then the two buffers on the way there fill, and the client has to wait. The kernel’s buffers hold the megabytes.',
    },
    {
      caption:
        'Only the client that doesn’t read has to wait. The server holds little for it, and sleeps.',
      expect: [
        { gauge: 'memory', program: 'server', atMost: 110_000_000 },
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
      ],
    },
    {
      caption: 'Alice has a bufferevent of her own, and its output is empty.',
      action: { client: 'alice', types: 'Still here\n' },
      expect: [{ client: 'alice', receives: 'Still here\n' }],
    },
    {
      caption:
        'Somebody stops the deaf client. It left bytes unread, so its kernel resets the connection, and the server frees the bufferevent.',
      action: { program: 'deaf', interrupts: true },
      expect: [{ program: 'server', prints: 'broken' }],
    },
  ],
});
