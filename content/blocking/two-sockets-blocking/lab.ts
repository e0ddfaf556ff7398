import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'two-sockets-blocking',
  title: 'Two clients, and a server that takes turns',
  predict:
    'The server reads from Alice, then from Bob, then from Alice again. Bob types a line, and Alice says nothing. When does Bob get his answer?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    ways: [
      { name: 'alice-first', label: 'Alice first' },
      {
        name: 'bob-first',
        label: 'Bob first',
        patch: [
          {
            replace:
              "const connections = [acceptFrom(listener, 'alice'), acceptFrom(listener, 'bob')];",
            by: `
              const connections = [acceptFrom(listener, 'alice'), acceptFrom(listener, 'bob')];
              connections.reverse();
            `,
          },
        ],
        scenario: [
          {
            question: {
              asks: 'The loop reads from Bob first now. He types a line. What does he see?',
              choices: ['his answer', 'nothing'],
              right: 'his answer',
            },
            caption: 'Bob types, and it is his turn.',
            action: { client: 'bob', types: 'hello from bob\n' },
            expect: [
              { client: 'bob', receives: 'You said: hello from bob\n' },
              { program: 'server', prints: 'blocked, waiting for alice' },
            ],
          },
          {
            question: {
              asks: 'Alice still says nothing, and Bob types a second line. What does he see?',
              choices: ['his answer', 'nothing'],
              right: 'nothing',
            },
            caption: 'Bob types again. Alice has said nothing yet.',
            action: { client: 'bob', types: 'and another thing\n' },
            expect: [
              { client: 'bob', receivesNothingFor: 600 },
              { program: 'server', printsNothingFor: 600 },
            ],
            explanation:
              'The server got one step further than before, and then it slept in recv() on Alice’s connection. The new order only changes who waits first.',
          },
          {
            caption: 'Alice types one line. Both of them get their answers.',
            action: { client: 'alice', types: 'hello from alice\n' },
            expect: [
              { client: 'alice', receives: 'You said: hello from alice\n' },
              { client: 'bob', receives: 'You said: and another thing\n' },
            ],
          },
        ],
      },
      {
        name: 'time-limit',
        label: 'with a time limit of one second',
        patch: [
          { replace: 'AF_INET,', by: 'AF_INET,\nEAGAIN,' },
          {
            replace: 'const buffer = Buffer.alloc(1024);',
            by: `
              const buffer = Buffer.alloc(1024);
              // The number of a socket’s time limit for receiving: socket(7).
              const SO_RCVTIMEO = 20;
              // A struct timeval: 1 second and 0 microseconds.
              const LIMIT = new Uint8Array(new BigInt64Array([1n, 0n]).buffer);
            `,
          },
          {
            replace: 'const n = recv(fd, buffer, buffer.length, 0);',
            by: `
              const n = recv(fd, buffer, buffer.length, 0);
              if (n < 0 && errno() === EAGAIN) {
                console.log(\`recv(\${fd}): a second is over, and nothing came from \${name}\`);
                continue;
              }
            `,
          },
          {
            replace:
              'console.log(`Connection from ${formatAddress(address.decode())} on descriptor ${fd}: ${name}`);',
            by: `
              console.log(\`Connection from \${formatAddress(address.decode())} on descriptor \${fd}: \${name}\`);
              setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, LIMIT);
            `,
          },
        ],
        scenario: [
          {
            question: {
              asks: 'Each recv() gives up after a second. Bob types a line, and Alice says nothing. When is he answered?',
              choices: ['at once', 'within about a second', 'after Alice has typed'],
              right: 'within about a second',
            },
            caption: 'Bob types. Alice is silent.',
            action: { client: 'bob', types: 'hello from bob\n' },
            expect: [{ client: 'bob', receives: 'You said: hello from bob\n' }],
            explanation:
              'Bob waits only for what is left of Alice’s second. Then her recv() gives up, and the next one finds his line.',
          },
          {
            question: {
              asks: 'Imagine 100 clients in this loop, 99 of them silent. How long may the other one wait?',
              choices: ['a second', 'about 99 seconds', 'for ever'],
              right: 'about 99 seconds',
            },
            caption: 'Nobody types. Watch the server wait for each of them in turn.',
            expect: [
              { program: 'server', prints: 'nothing came from alice' },
              { program: 'server', prints: 'nothing came from bob' },
            ],
            explanation:
              'Every silent client costs a second in every round. A shorter limit makes the round shorter, and wakes the server more often for nothing.',
          },
        ],
      },
    ],
  },
  clients: ['alice', 'bob'],
  scenario: [
    {
      question: {
        asks: 'Bob types a line. Alice has said nothing yet. What does Bob see?',
        choices: ['You said: hello from bob', 'nothing', 'an error'],
        right: 'nothing',
      },
      caption: 'Bob types first.',
      action: { client: 'bob', types: 'hello from bob\n' },
      expect: [{ client: 'bob', receivesNothingFor: 600 }],
      explanation:
        'The server is inside recv() on Alice’s connection. Bob’s line has arrived, and nobody asks for it.',
    },
    {
      question: {
        asks: 'Now Alice types a line. Who gets an answer?',
        choices: ['only Alice', 'only Bob', 'both of them'],
        right: 'both of them',
      },
      caption:
        'Alice types. Her recv() returns, she is answered, and the next recv() finds Bob’s line already there. Everything moves.',
      action: { client: 'alice', types: 'hello from alice\n' },
      expect: [
        { client: 'alice', receives: 'You said: hello from alice\n' },
        { client: 'bob', receives: 'You said: hello from bob\n' },
        { program: 'server', prints: 'blocked, waiting for alice' },
      ],
      explanation:
        'Bob’s line had been in the kernel all along. The server only had to call recv() for it.',
    },
    {
      caption: 'It is Alice’s turn again. She is answered, and now the server waits for Bob.',
      action: { client: 'alice', types: 'me again\n' },
      expect: [
        { client: 'alice', receives: 'You said: me again\n' },
        { program: 'server', prints: 'blocked, waiting for bob' },
      ],
    },
    {
      question: {
        asks: 'Alice types another line. When is she answered?',
        choices: ['at once', 'after Bob has typed', 'never'],
        right: 'after Bob has typed',
      },
      caption: 'Alice types once more. Look at the server’s terminal, too.',
      action: { client: 'alice', types: 'anybody there?\n' },
      expect: [
        { client: 'alice', receivesNothingFor: 600 },
        { program: 'server', printsNothingFor: 600 },
      ],
      explanation:
        'The program decides whom it reads from next. Who types next makes no difference.',
    },
    {
      caption: 'Only Bob can get it going again. His one line brings both of them their answers.',
      action: { client: 'bob', types: 'my turn\n' },
      expect: [
        { client: 'bob', receives: 'You said: my turn\n' },
        { client: 'alice', receives: 'You said: anybody there?\n' },
        { program: 'server', prints: 'blocked, waiting for bob' },
      ],
    },
    {
      caption:
        'Bob presses Ctrl-D, which ends his side. recv() returns for that, too, with 0 bytes: end of file.',
      action: { client: 'bob', halfCloses: true },
      expect: [
        { program: 'server', prints: 'bob: end of file' },
        { client: 'bob', ends: true },
      ],
    },
    {
      caption:
        'One connection is left, and every line on it is answered at once. With a single conversation, blocking does no harm.',
      action: { client: 'alice', types: 'just the two of us\n' },
      expect: [{ client: 'alice', receives: 'You said: just the two of us\n' }],
    },
  ],
});
