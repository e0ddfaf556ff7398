import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'backpressure',
  title: 'A client that never reads',
  predict:
    'A client sends 128 MB to an echo server and reads nothing of what comes back. Where does it all go, and who has to wait?',
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
              'The statement that stops the reading is gone. Alice notices nothing: she reads what she gets.',
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
              'The server takes everything that the client sends, and keeps in the output what nobody reads. The kernel’s buffers hold a few megabytes. The output holds the rest.',
          },
          {
            caption:
              'Alice is served as before. That can go on for a long time, until one client has used up the memory of all.',
            action: { client: 'alice', types: 'Still here\n' },
            expect: [{ client: 'alice', receives: 'Still here\n' }],
          },
          {
            question: {
              asks: 'Somebody ends the deaf client. What does the server do with everything that it has kept for that client?',
              choices: ['it sends it', 'it drops it', 'it keeps it'],
              right: 'it drops it',
            },
            caption: 'Somebody ends the deaf client.',
            action: { program: 'deaf', interrupts: true },
            expect: [{ program: 'server', prints: 'broken' }],
            explanation:
              'The client left bytes unread, so the kernel resets the connection. The event callback hears of an error and frees the bufferevent, and its output with it.',
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
      caption: 'Alice reads what she gets, and the server echoes.',
      action: { client: 'alice', types: 'Hello\n' },
      expect: [{ client: 'alice', receives: 'Hello\n' }],
    },
    {
      question: {
        asks: 'The deaf client sends and never reads. How much can it send before it has to wait?',
        choices: ['all 128 MB', 'some megabytes', '64 KB'],
        right: 'some megabytes',
      },
      caption: 'The deaf client starts, and nobody reads what comes back.',
      action: { program: 'deaf', starts: true },
      expect: [{ program: 'deaf', prints: 'nothing was taken for a second' }],
      explanation:
        'What comes back fills two buffers in the kernel, then the output. At 64 KB of output the server reads no more. Then the buffers of the other direction fill, and the deaf client can send nothing. The megabytes are the kernel’s buffers.',
    },
    {
      caption:
        'Only the client that doesn’t read has to wait. The server keeps some 64 KB for it, and has nothing to do.',
      expect: [
        { gauge: 'memory', program: 'server', atMost: 110_000_000 },
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
      ],
    },
    {
      caption: 'Alice has her own bufferevent, and it is not full.',
      action: { client: 'alice', types: 'Still here\n' },
      expect: [{ client: 'alice', receives: 'Still here\n' }],
    },
    {
      caption:
        'Somebody ends the deaf client. It left bytes unread, so the kernel resets the connection, and the server frees the bufferevent.',
      action: { program: 'deaf', interrupts: true },
      expect: [{ program: 'server', prints: 'broken' }],
    },
  ],
});
