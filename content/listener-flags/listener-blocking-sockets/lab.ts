import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-blocking-sockets',
  title: 'One blocking socket in a loop for all',
  predict:
    'The server reads each connection until there is nothing more to read. Alice types one line and then is silent. What becomes of Bob’s line?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    ways: [
      {
        name: 'blocking',
        label: 'with LEV_OPT_LEAVE_SOCKETS_BLOCKING',
        args: ['9876', '--leave-sockets-blocking'],
      },
      {
        name: 'nonblocking',
        label: 'without it',
        args: ['9876'],
        scenario: [
          {
            question: {
              asks: 'Alice types one line. How often does the server call recv for it?',
              choices: ['once', 'twice', 'it goes on calling'],
              right: 'twice',
            },
            caption: 'This time accept4 makes the sockets nonblocking. Alice types a line.',
            action: { client: 'alice', types: 'alice speaks\n' },
            expect: [
              { client: 'alice', receives: 'alice speaks\n' },
              { program: 'server', prints: '-1, EAGAIN' },
            ],
            explanation:
              'The second recv has nothing to return. It says EAGAIN, and the loop goes on.',
          },
          {
            caption: 'Alice is silent now, and Bob doesn’t notice.',
            action: { client: 'bob', types: 'and bob too\n' },
            expect: [
              { client: 'bob', receives: 'and bob too\n' },
              { program: 'server', prints: '-1, EAGAIN' },
            ],
          },
          {
            caption: 'Carol connects, and the loop is free to accept her.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
          },
          {
            caption: 'Nobody says a word, and the server sleeps.',
            expect: [{ program: 'server', printsNothingFor: 500 }],
          },
          {
            caption: 'Alice ends her side. recv returns 0 once, for the end of file.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { program: 'server', prints: '0, end of file' },
              { client: 'alice', ends: true },
            ],
          },
        ],
      },
    ],
  },
  clients: ['alice', 'bob'],
  scenario: [
    {
      caption:
        'Alice types a line and gets it back. All seems well. But look at the last line of the server’s terminal: it called recv once more, and that call hasn’t returned.',
      action: { client: 'alice', types: 'alice speaks\n' },
      expect: [{ client: 'alice', receives: 'alice speaks\n' }],
    },
    {
      caption:
        'Bob types a line. His bytes are there, and epoll would say so, but the only thread waits in Alice’s recv.',
      action: { client: 'bob', types: 'hello?\n' },
      expect: [
        { client: 'bob', receivesNothingFor: 700 },
        { program: 'server', printsNothingFor: 700 },
      ],
    },
    {
      caption:
        'Carol connects: the kernel can do that alone. The server doesn’t accept her, because the loop would have to.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', printsNothingFor: 500 }],
    },
    {
      question: {
        asks: 'Alice types again. Is Bob answered now?',
        choices: ['yes, right after Alice', 'no'],
        right: 'no',
      },
      caption: 'Alice types again. Her recv returns at last.',
      action: { client: 'alice', types: 'more of alice\n' },
      expect: [
        { client: 'alice', receives: 'more of alice\n' },
        { client: 'bob', receivesNothingFor: 500 },
      ],
      explanation:
        'The server reads from Alice until there is nothing more to read. On a blocking socket recv never says that: it waits for more. So the server calls recv for Alice a third time, and Bob goes on waiting.',
    },
    {
      caption:
        'Only when Alice leaves does the loop get away from her. Bob gets his line at once, and now the server waits in Bob’s recv.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: '0, end of file' },
        { client: 'alice', ends: true },
        { client: 'bob', receives: 'hello?\n' },
      ],
    },
    {
      caption: 'Now it is Carol’s turn to wait for somebody who doesn’t type.',
      action: { client: 'carol', types: 'and me?\n' },
      expect: [{ client: 'carol', receivesNothingFor: 700 }],
    },
  ],
});
