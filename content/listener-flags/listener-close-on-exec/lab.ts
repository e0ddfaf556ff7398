import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-close-on-exec',
  title: 'A program that inherits the port',
  predict:
    'The server runs another program, then frees its listener and closes the socket. Can it listen on the port again? And what happens to a client that connects in between?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    forks: true,
    reads: true,
    ways: [
      {
        name: 'inherited',
        label: 'without LEV_OPT_CLOSE_ON_EXEC',
        args: ['9876'],
      },
      {
        name: 'close-on-exec',
        label: 'with LEV_OPT_CLOSE_ON_EXEC',
        args: ['9876', '--close-on-exec'],
        scenario: [
          {
            caption:
              'The server runs the other program, and this time execve closes both sockets there before that program’s first line.',
            action: { program: 'server', types: 'exec\n' },
            expect: [{ program: 'server', prints: 'Sockets I have: none.' }],
          },
          {
            caption: 'The server frees its listener. That was the last descriptor for the socket.',
            action: { program: 'server', types: 'free\n' },
            expect: [{ program: 'server', prints: 'listener is freed' }],
          },
          {
            question: {
              asks: 'The other program still runs. Bob tries to connect. What does he see?',
              choices: ['Connection refused', 'Connected', 'nothing: he waits'],
              right: 'Connection refused',
            },
            caption: 'Bob tries to connect.',
            action: { client: 'bob', triesToConnect: true },
            expect: [{ client: 'bob', notes: 'Connection refused' }],
            explanation: 'The last descriptor for the socket is gone, so nobody listens.',
          },
          {
            caption: 'The port is free for a new listener, while the other program still runs.',
            action: { program: 'server', types: 'listen\n' },
            expect: [{ program: 'server', prints: 'Listening on port 9876' }],
          },
          {
            caption: 'Carol is accepted by it.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
          },
          {
            caption:
              'Alice ends her side. The server closes its descriptor, nobody else has one, and her connection is over.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { program: 'server', prints: 'End of file' },
              { client: 'alice', notes: 'The server closed the connection.' },
              { client: 'alice', ends: true },
            ],
          },
          {
            caption: 'Ending the other program changes nothing for anybody.',
            action: { program: 'server', types: 'kill\n' },
            expect: [
              { program: 'server', prints: 'has ended' },
              { client: 'carol', receivesNothingFor: 300 },
            ],
          },
        ],
      },
    ],
  },
  clients: ['alice'],
  scenario: [
    {
      caption:
        'The server runs another program: fork, then execve. That program never opens a socket. It prints which ones it has.',
      action: { program: 'server', types: 'exec\n' },
      expect: [{ program: 'server', prints: 'Sockets I have: descriptors' }],
    },
    {
      caption:
        'The server frees its listener, and LEV_OPT_CLOSE_ON_FREE closes the server’s descriptor.',
      action: { program: 'server', types: 'free\n' },
      expect: [{ program: 'server', prints: 'listener is freed' }],
    },
    {
      question: {
        asks: 'The server has closed its listening socket. Bob tries to connect. What does he see?',
        choices: ['Connection refused', 'Connected', 'nothing: he waits'],
        right: 'Connected',
      },
      caption: 'Bob tries to connect.',
      action: { client: 'bob', connects: true },
      expect: [{ program: 'server', printsNothingFor: 300 }],
      explanation:
        'The other program got a descriptor for the socket by fork() and kept it across execve(). So the socket still listens, and the kernel shakes hands for it.',
    },
    {
      caption: 'Bob types a line, into a queue that no program will ever look at.',
      action: { client: 'bob', types: 'hello?\n' },
      expect: [{ client: 'bob', receivesNothingFor: 700 }],
    },
    {
      caption:
        'The server wants its port back. It is taken, by a program that doesn’t know it has it. LEV_OPT_REUSEABLE is set, but it doesn’t help against a socket that listens.',
      action: { program: 'server', types: 'listen\n' },
      expect: [{ program: 'server', prints: 'bind EADDRINUSE: address already in use' }],
    },
    {
      caption:
        'Alice ends her side, and the server closes its descriptor for her connection. She never hears of it: the other program has one too, so no end of file goes out.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'End of file' },
        { client: 'alice', receivesNothingFor: 700 },
      ],
    },
    {
      caption:
        'The server ends the other program, and the kernel closes what it had. Only now is Alice’s connection over. Bob’s is reset, because the queue that he stood in is gone.',
      action: { program: 'server', types: 'kill\n' },
      expect: [
        { program: 'server', prints: 'has ended' },
        { client: 'alice', notes: 'The server closed the connection.' },
        { client: 'alice', ends: true },
        { client: 'bob', notes: 'The connection was reset.' },
      ],
    },
    {
      caption: 'And the port is free.',
      action: { program: 'server', types: 'listen\n' },
      expect: [{ program: 'server', prints: 'Listening on port 9876' }],
    },
  ],
});
