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
              'So the old connection stays in TIME_WAIT on the server’s port, as it did without the flag.',
            action: { program: 'server', types: 'sockets\n' },
            expect: [{ program: 'server', prints: 'TIME_WAIT for' }],
          },
          {
            caption:
              'The server restarts. SO_REUSEADDR tells bind(2) to overlook TIME_WAIT, and the server has its port again.',
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
            caption: 'The server restarts.',
            action: { program: 'server', types: 'restart\n' },
            expect: [{ program: 'server', prints: 'Listening on port 9876 again' }],
            explanation:
              'SO_REUSEADDR overlooks an open connection too. Bob’s has inherited the option from the listening socket.',
          },
          {
            caption: 'Bob hasn’t noticed. His connection is another socket than the listener’s.',
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
      caption: 'Alice ends her connection. She closes first, then the server.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'the client has closed' },
        { client: 'alice', ends: true },
      ],
    },
    {
      caption:
        'The server restarts: it closes its listening socket and binds a new one to the same port. That works.',
      action: { program: 'server', types: 'restart\n' },
      expect: [{ program: 'server', prints: 'Listening on port 9876 again' }],
    },
    {
      caption: 'Bob connects.',
      action: { client: 'bob', connects: true },
      expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
    },
    {
      caption: 'This time the server hangs up. It closes first, then Bob.',
      action: { program: 'server', types: 'hang-up\n' },
      expect: [
        { program: 'server', prints: 'this side closes first' },
        { client: 'bob', ends: true },
      ],
    },
    {
      caption:
        'Bob’s client has ended, and no process has that connection open. The kernel keeps it for a minute all the same, at the end that closed first: TIME_WAIT.',
      action: { program: 'server', types: 'sockets\n' },
      expect: [{ program: 'server', prints: 'LISTEN, TIME_WAIT for' }],
    },
    {
      question: {
        asks: 'The server restarts as it did before. Does it get its port?',
        choices: ['yes', 'no'],
        right: 'no',
      },
      caption: 'The server restarts.',
      action: { program: 'server', types: 'restart\n' },
      expect: [{ program: 'server', prints: 'bind EADDRINUSE' }],
      explanation:
        'Packets of the old connection may still be on their way. So without SO_REUSEADDR, bind(2) refuses a port while anything is left on it: EADDRINUSE.',
    },
    {
      caption: 'The server doesn’t listen, so Carol is refused.',
      action: { client: 'carol', triesToConnect: true },
      expect: [
        { client: 'carol', notes: 'Connection refused' },
        { client: 'carol', ends: true },
      ],
    },
    {
      caption:
        'Trying again won’t help before the minute is over. Only the connection that has ended is left on the port.',
      action: { program: 'server', types: 'sockets\n' },
      expect: [{ program: 'server', prints: 'Sockets on port 9876: TIME_WAIT for' }],
    },
  ],
});
