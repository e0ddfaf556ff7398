import { defineLab } from '../../../lab/definition.ts';

const FILLS_FOR_EACH_CALL = `
  while (connections.length > 0) {
    // select() overwrites the set, so fill it again for each call.
    FD_ZERO(readset);
    for (const { fd } of connections) FD_SET(fd, readset);
    const maxfd = Math.max(...connections.map(({ fd }) => fd));
`;

export default defineLab({
  id: 'two-sockets-select',
  title: 'Two clients in one call of select()',
  predict:
    'The server puts both clients into a set and waits for the two of them in one call. How busy is the processor while nobody types?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    ways: [
      {
        name: 'filled-once',
        label: 'as a first try',
        patch: [
          {
            replace: FILLS_FOR_EACH_CALL,
            by: `
              FD_ZERO(readset);
              for (const { fd } of connections) FD_SET(fd, readset);
              while (connections.length > 0) {
                const maxfd = Math.max(...connections.map(({ fd }) => fd));
            `,
          },
        ],
      },
      {
        name: 'plain',
        label: 'with the set filled for each call',
        scenario: [
          {
            caption:
              'Nobody types, and the server sleeps. The kernel has a set with two descriptors in it, and wakes the server when one of them can be read.',
            expect: [
              { gauge: 'cpu', program: 'server', atMost: 0.2 },
              { gauge: 'calls', program: 'server', atMost: 50 },
            ],
          },
          {
            question: {
              asks: 'Bob types a line. What does select() return?',
              choices: ['0', '1', 'the number of Bob’s descriptor'],
              right: '1',
            },
            caption: 'Bob types. His bit alone is left in the set.',
            action: { client: 'bob', types: 'hello from bob\n' },
            expect: [
              { program: 'server', prints: 'select() returned 1' },
              { client: 'bob', receives: 'You said: hello from bob\n' },
            ],
            explanation:
              'It returns how many bits are left in the sets. The set says which ones, so the program tests each client’s bit: select(2).',
          },
          {
            caption:
              'Alice types. The server has filled the set again, so her bit was in it, and she is answered.',
            action: { client: 'alice', types: 'hello from alice\n' },
            expect: [
              { program: 'server', prints: 'select() returned 1' },
              { client: 'alice', receives: 'You said: hello from alice\n' },
            ],
          },
          {
            caption: 'Nobody types: no calls, no processor time, one process asleep.',
            expect: [
              { program: 'server', printsNothingFor: 600 },
              { gauge: 'cpu', program: 'server', atMost: 0.2 },
              { gauge: 'calls', program: 'server', atMost: 50 },
            ],
          },
          {
            question: {
              asks: 'Alice ends her side and sends nothing. Does select() report her socket?',
              choices: ['yes, it can be read', 'yes, as an error', 'no, because nothing came'],
              right: 'yes, it can be read',
            },
            caption: 'Alice ends her side.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { program: 'server', prints: 'alice: end of file' },
              { client: 'alice', ends: true },
              { program: 'server', prints: 'blocked, waiting for bob' },
            ],
            explanation:
              '“Can be read” means that recv() would not wait. At the end of file it doesn’t: it returns 0.',
          },
          {
            caption: 'From now on only Bob’s descriptor is in the set.',
            action: { client: 'bob', types: 'only me now\n' },
            expect: [{ client: 'bob', receives: 'You said: only me now\n' }],
          },
        ],
      },
      {
        name: 'highest',
        label: 'with the highest descriptor itself as first argument',
        patch: [
          {
            replace: 'const ready = select(maxfd + 1, readset, null, null, null);',
            by: 'const ready = select(maxfd, readset, null, null, null);',
          },
        ],
        scenario: [
          {
            caption: 'Alice types, and is answered.',
            action: { client: 'alice', types: 'hello from alice\n' },
            expect: [{ client: 'alice', receives: 'You said: hello from alice\n' }],
          },
          {
            question: {
              asks: 'Bob has the highest descriptor, and the first argument is that number. Bob types. What happens?',
              choices: [
                'he is answered at once',
                'he is not answered',
                'select() fails with an error',
              ],
              right: 'he is not answered',
            },
            caption: 'Bob types.',
            action: { client: 'bob', types: 'hello from bob\n' },
            expect: [
              { client: 'bob', receivesNothingFor: 700 },
              { program: 'server', printsNothingFor: 700 },
            ],
            explanation:
              'The first argument says how many bits the kernel looks at, from bit 0 on. Bob’s is the next one.',
          },
          {
            question: {
              asks: 'Alice types again, so select() returns. Is Bob answered now?',
              choices: ['yes', 'no'],
              right: 'no',
            },
            caption: 'Alice types again.',
            action: { client: 'alice', types: 'anything for bob?\n' },
            expect: [
              { client: 'alice', receives: 'You said: anything for bob?\n' },
              { client: 'bob', receivesNothingFor: 500 },
            ],
            explanation:
              'select() was not asked about Bob’s descriptor, so it says nothing about it. His line stays in the kernel.',
          },
        ],
      },
      {
        name: 'one-timeout',
        label: 'with one timeout for all calls',
        patch: [
          {
            replace: 'const readset = new fd_set();\nwhile (connections.length > 0) {',
            by: 'const readset = new fd_set();\nconst timeout = new Timeval(2);\nwhile (connections.length > 0) {',
          },
          {
            replace: `
              const names = connections.map(({ name }) => name).join(' and ');
              console.log(\`select(): blocked, waiting for \${names} …\`);
              const ready = select(maxfd + 1, readset, null, null, null);
            `,
            by: `
              const ready = select(maxfd + 1, readset, null, null, timeout);
              if (ready === 0) continue;
            `,
          },
          { replace: 'SockaddrStorage,', by: 'SockaddrStorage,\nTimeval,' },
        ],
        scenario: [
          {
            question: {
              asks: 'The program makes one timeout of two seconds before its loop, and hands it to every call of select(). Nobody types. How often does select() return?',
              choices: [
                'every two seconds',
                'once, after two seconds',
                'all the time, after two seconds',
              ],
              right: 'all the time, after two seconds',
            },
            caption: 'Nobody types. Watch the meters for more than two seconds.',
            expect: [
              { gauge: 'cpu', program: 'server', atLeast: 0.5 },
              { gauge: 'calls', program: 'server', atLeast: 1000 },
            ],
            explanation:
              'On Linux, select() leaves in the timeout what is left of it. After two seconds that is 0, and 0 means: look, and don’t wait.',
          },
          {
            question: {
              asks: 'Bob types a line. How long does he wait for his answer?',
              choices: ['no longer than before', 'up to two seconds', 'for ever'],
              right: 'no longer than before',
            },
            caption: 'Bob types.',
            action: { client: 'bob', types: 'hello from bob\n' },
            expect: [{ client: 'bob', receives: 'You said: hello from bob\n' }],
            explanation: 'The clients can’t tell. Only the processor meter shows the mistake.',
          },
        ],
      },
      {
        name: 'signal-is-an-error',
        label: 'with a signal taken for an error',
        patch: [
          {
            replace: `
              // A signal interrupted the call. Nothing is wrong, so wait again.
              if (errno() === EINTR) continue;
            `,
            by: '',
          },
          { replace: 'EINTR,', by: '' },
          {
            replace: 'serve(connections);',
            by: `
              // With a handler, Ctrl-C does not end this program.
              process.on('SIGINT', () => undefined);
              serve(connections);
            `,
          },
        ],
        scenario: [
          {
            question: {
              asks: 'The lines that deal with EINTR are gone. Bob types, and no signal comes. Is he answered?',
              choices: ['yes', 'no'],
              right: 'yes',
            },
            caption: 'Bob types.',
            action: { client: 'bob', types: 'hello from bob\n' },
            expect: [{ client: 'bob', receives: 'You said: hello from bob\n' }],
          },
          {
            question: {
              asks: 'This program has a handler for Ctrl-C, so Ctrl-C doesn’t end it. Somebody presses Ctrl-C while select() waits. What does select() do?',
              choices: ['it waits on', 'it returns 0', 'it returns -1'],
              right: 'it returns -1',
            },
            caption: 'Somebody presses Ctrl-C in the server’s terminal.',
            action: { program: 'server', interrupts: true },
            expect: [
              { program: 'server', prints: 'select: Interrupted system call' },
              { program: 'server', exits: 1 },
              { client: 'alice', ends: true },
              { client: 'bob', ends: true },
            ],
            explanation:
              'A signal with a handler interrupts select(), which then fails with EINTR. Nothing is wrong: the program only has to call it again. This one gave up, and all its clients with it.',
          },
        ],
      },
    ],
  },
  clients: ['alice', 'bob'],
  gauges: ['cpu', 'calls'],
  showsSelect: true,
  scenario: [
    {
      question: {
        asks: 'Nobody types. How much of a processor does the server use?',
        choices: ['next to nothing', 'about half of one', 'all of one, if it can get it'],
        right: 'next to nothing',
      },
      caption: 'Alice and Bob are connected, and nobody types. Look at the meters and at the set.',
      expect: [
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
        { gauge: 'calls', program: 'server', atMost: 50 },
      ],
      explanation: 'The server sleeps in select(), and the kernel watches both sockets for it.',
    },
    {
      caption: 'Bob types first, and is answered at once.',
      action: { client: 'bob', types: 'hello from bob\n' },
      expect: [
        { program: 'server', prints: 'select() returned 1' },
        { client: 'bob', receives: 'You said: hello from bob\n' },
      ],
    },
    {
      question: {
        asks: 'Now Alice types. When is she answered?',
        choices: ['at once', 'after Bob’s next line', 'never'],
        right: 'never',
      },
      caption:
        'Alice types. The server prints that it waits for both of them. Look at the bits of the set.',
      action: { client: 'alice', types: 'hello from alice\n' },
      expect: [
        { client: 'alice', receivesNothingFor: 700 },
        { program: 'server', printsNothingFor: 700 },
      ],
    },
    {
      caption: 'Bob types again. He is answered, and Alice is not.',
      action: { client: 'bob', types: 'me again\n' },
      expect: [
        { client: 'bob', receives: 'You said: me again\n' },
        { client: 'alice', receivesNothingFor: 500 },
      ],
      explanation:
        'Her bit is gone. When Bob typed, select() took out of the set everybody who had nothing to say, and the program never put Alice back.',
    },
  ],
});
