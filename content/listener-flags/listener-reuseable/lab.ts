import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-reuseable',
  title: 'A server that comes back to its port',
  predict:
    'A server closes all of its sockets and starts again on the same port. Does it matter who ended the last connection, the client or the server?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    reads: true,
    ways: [
      { name: 'without', label: 'without LEV_OPT_REUSEABLE', args: [] },
      {
        name: 'with',
        label: 'with LEV_OPT_REUSEABLE',
        args: ['--reuseable'],
        scenario: [
          {
            caption: 'Alice is connected and gets her echo. Her connection is open on both sides.',
            action: { client: 'alice', types: 'hello\n' },
            expect: [{ client: 'alice', receives: 'hello\n' }],
          },
          {
            caption: 'The server hangs up on Alice. It closes first.',
            action: { program: 'server', types: 'hang-up\n' },
            expect: [
              { program: 'server', prints: 'this side closes first' },
              { client: 'alice', ends: true },
            ],
          },
          {
            caption:
              'So the old connection stays in TIME_WAIT here, on the server’s port, as before.',
            action: { program: 'server', types: 'sockets\n' },
            expect: [{ program: 'server', prints: 'TIME_WAIT for' }],
          },
          {
            caption:
              'The server restarts. SO_REUSEADDR tells bind(2) that TIME_WAIT does not count, and the port is ours again.',
            action: { program: 'server', types: 'restart\n' },
            expect: [{ program: 'server', prints: 'Listening on port 9876 again' }],
          },
          {
            caption: 'Bob connects to the new listener.',
            action: { client: 'bob', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
          },
          {
            question: {
              asks: 'The server restarts while Bob is connected. Does it get its port?',
              choices: ['yes', 'no'],
              right: 'yes',
            },
            caption:
              'Another restart, with Bob connected this time. An open connection does not count either.',
            action: { program: 'server', types: 'restart\n' },
            expect: [{ program: 'server', prints: 'Listening on port 9876 again' }],
          },
          {
            caption: 'Bob has noticed nothing. His socket is another one than the listener’s.',
            action: { client: 'bob', types: 'still here\n' },
            expect: [{ client: 'bob', receives: 'still here\n' }],
          },
        ],
      },
    ],
  },
  clients: ['alice', { name: 'bob', later: true }, { name: 'carol', later: true }],
  scenario: [
    {
      caption: 'Alice ends her connection. She closes first, and the server after her.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'the client has closed' },
        { client: 'alice', ends: true },
      ],
    },
    {
      caption:
        'The server restarts: it closes its listening socket and binds a new one to the same port. No trouble so far.',
      action: { program: 'server', types: 'restart\n' },
      expect: [{ program: 'server', prints: 'Listening on port 9876 again' }],
    },
    {
      caption: 'Bob connects.',
      action: { client: 'bob', connects: true },
      expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
    },
    {
      caption: 'This time the server hangs up. It closes first, and Bob after it.',
      action: { program: 'server', types: 'hang-up\n' },
      expect: [
        { program: 'server', prints: 'this side closes first' },
        { client: 'bob', ends: true },
      ],
    },
    {
      caption:
        'Bob’s client has ended, and no process has that connection open. The kernel keeps it for a minute all the same, in the state TIME_WAIT, at the end that closed first.',
      action: { program: 'server', types: 'sockets\n' },
      expect: [{ program: 'server', prints: 'LISTEN, TIME_WAIT for' }],
    },
    {
      question: {
        asks: 'The server restarts as it did before. Does it get its port?',
        choices: ['yes', 'no'],
        right: 'no',
      },
      caption:
        'The same restart as before. bind(2) finds a socket on the port, even if nobody can use it, and says EADDRINUSE.',
      action: { program: 'server', types: 'restart\n' },
      expect: [{ program: 'server', prints: 'bind EADDRINUSE' }],
      explanation:
        'Segments of the old connection may still be on their way. So without SO_REUSEADDR, bind(2) refuses a port while anything is left on it.',
    },
    {
      caption: 'A server that cannot have its port: Carol is refused.',
      action: { client: 'carol', triesToConnect: true },
      expect: [
        { client: 'carol', notes: 'Connection refused' },
        { client: 'carol', ends: true },
      ],
    },
    {
      caption:
        'Trying again is no use before the minute is over. Nothing is left on the port but the connection that has ended.',
      action: { program: 'server', types: 'sockets\n' },
      expect: [{ program: 'server', prints: 'Sockets on port 9876: TIME_WAIT for' }],
    },
  ],
});
