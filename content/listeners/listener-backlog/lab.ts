import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-backlog',
  title: 'The queues before the server',
  predict:
    'The server accepts nobody, and its backlog is 1. Alice, Bob and Carol connect, in this order. How many of them are connected?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    reads: true,
    ways: [
      { name: 'short', label: 'with a backlog of 1', args: ['--backlog', '1'] },
      {
        name: 'usual',
        label: 'with the usual backlog (-1)',
        args: ['--backlog=-1'],
        scenario: [
          {
            caption:
              'Alice and Bob wait. Asked for -1, the listener has called listen(2) with 128.',
            action: { program: 'server', types: 'ss\n' },
            expect: [{ program: 'server', prints: 'LISTEN    2       128     :9876' }],
          },
          {
            caption: 'There is room for Carol too.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', printsNothingFor: 300 }],
          },
          {
            caption: 'Alice types a line. The kernel keeps it with her connection.',
            action: { client: 'alice', types: 'I was here\n' },
            expect: [{ client: 'alice', receivesNothingFor: 300 }],
          },
          {
            caption:
              'She doesn’t wait for the answer and ends her side. The kernel keeps that too, behind her line.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', receivesNothingFor: 300 },
              { program: 'server', printsNothingFor: 300 },
            ],
          },
          {
            question: {
              asks: 'Alice has ended her side before anybody accepted her. How many connections wait to be accepted now?',
              answer: '3',
              accepts: ['three'],
            },
            caption: 'Ask the kernel.',
            action: { program: 'server', types: 'ss\n' },
            expect: [{ program: 'server', prints: 'Half-open: 0. Established: 3.' }],
            explanation:
              'Her connection is complete, and what she sent has not been read. Only accept(2) takes it out of the queue.',
          },
          {
            caption:
              'Now the server accepts all three in one go. Alice’s line and the end of her side are there already, so she gets her answer before the server closes.',
            action: { program: 'server', types: 'enable\n' },
            expect: [
              { program: 'server', prints: 'Connection 3 from' },
              { client: 'alice', receives: 'I was here\n' },
              { client: 'alice', ends: true },
            ],
          },
        ],
      },
      {
        name: 'half-open',
        label: 'with handshakes left half open',
        args: ['--backlog=-1', '--deferred'],
        scenario: [
          {
            question: {
              asks: 'Alice’s client says “Connected”, and so does Bob’s. How many connections wait to be accepted?',
              choices: ['none', 'one', 'two'],
              right: 'none',
            },
            caption:
              'This listener has LEV_OPT_DEFERRED_ACCEPT: the kernel puts the end of the handshake off until there is something to read.',
            action: { program: 'server', types: 'ss\n' },
            expect: [{ program: 'server', prints: 'Half-open: 2. Established: 0.' }],
            explanation:
              'For Alice the handshake is over: she has sent the third packet. The server’s kernel has set it aside, and her connection is in the first queue, in the state SYN-RECV.',
          },
          {
            caption: 'Alice types a line.',
            action: { client: 'alice', types: 'one coffee\n' },
            expect: [{ client: 'alice', receivesNothingFor: 300 }],
          },
          {
            question: {
              asks: 'Alice has typed a line, and Bob has not. What does ss show now?',
              choices: [
                'Half-open: 2. Established: 0.',
                'Half-open: 1. Established: 1.',
                'Half-open: 0. Established: 2.',
              ],
              right: 'Half-open: 1. Established: 1.',
            },
            caption: 'Her first bytes finish the handshake and move her to the second queue.',
            action: { program: 'server', types: 'ss\n' },
            expect: [{ program: 'server', prints: 'Half-open: 1. Established: 1.' }],
          },
          {
            caption: 'The listener is enabled, and accepts whoever is in the second queue.',
            action: { program: 'server', types: 'enable\n' },
            expect: [
              { program: 'server', prints: 'Connection 1 from' },
              { client: 'alice', receives: 'one coffee\n' },
            ],
          },
          {
            caption: 'Bob types too, and passes both queues in no time.',
            action: { client: 'bob', types: 'one tea\n' },
            expect: [
              { program: 'server', prints: 'Connection 2 from' },
              { client: 'bob', receives: 'one tea\n' },
            ],
          },
        ],
      },
    ],
  },
  clients: ['alice', 'bob', { name: 'carol', later: true }],
  scenario: [
    {
      caption:
        'Alice and Bob are connected, and nobody has accepted them. For a listening socket, Recv-Q in ss is how many wait, and Send-Q is the backlog. Linux lets one more wait than the backlog says.',
      action: { program: 'server', types: 'ss\n' },
      expect: [
        { program: 'server', prints: 'LISTEN    2       1       :9876' },
        { program: 'server', prints: 'Half-open: 0. Established: 2. Not let in: 0.' },
      ],
    },
    {
      caption: 'Alice types a line. She can send while she waits, and the kernel keeps it.',
      action: { client: 'alice', types: 'one coffee\n' },
      expect: [
        { client: 'alice', receivesNothingFor: 300 },
        { program: 'server', printsNothingFor: 300 },
      ],
    },
    {
      question: {
        asks: 'The queue is full, and Carol comes. What happens to her?',
        choices: [
          'she is refused',
          'she waits, and her connect(2) does not return',
          'she is connected all the same',
        ],
        right: 'she waits, and her connect(2) does not return',
      },
      caption: 'Carol tries to connect.',
      action: { client: 'carol', triesToConnect: true },
      expect: [
        { client: 'carol', waitsToConnectFor: 1500 },
        { program: 'server', printsNothingFor: 1500 },
      ],
      explanation:
        'The server’s kernel ignores her request while the queue is full: listen(2). TCP takes it for lost and asks again, first after about a second.',
    },
    {
      question: {
        asks: 'In which of the server’s two queues is Carol now?',
        choices: ['half-open', 'established', 'in neither'],
        right: 'in neither',
      },
      caption: 'Ask the kernel again.',
      action: { program: 'server', types: 'ss\n' },
      expect: [
        { program: 'server', prints: 'SYN-SENT' },
        { program: 'server', prints: 'Half-open: 0. Established: 2. Not let in: 1.' },
      ],
      explanation:
        'SYN-SENT is Carol’s own socket: she has asked. The server’s kernel has dropped what she sent, and knows nothing of her.',
    },
    {
      caption:
        'The server accepts one client: Alice, who came first. Now there is room, and Carol gets in when her kernel asks the next time.',
      action: { program: 'server', types: 'accept\n' },
      expect: [
        { program: 'server', prints: 'Connection 1 from' },
        { client: 'alice', receives: 'one coffee\n' },
        { client: 'carol', notes: 'Connected to' },
      ],
      within: 60_000,
    },
    {
      caption: 'Two wait again, Bob and Carol.',
      action: { program: 'server', types: 'ss\n' },
      expect: [{ program: 'server', prints: 'Half-open: 0. Established: 2. Not let in: 0.' }],
    },
    {
      caption: 'The listener is enabled, and accepts both in one pass of the loop.',
      action: { program: 'server', types: 'enable\n' },
      expect: [{ program: 'server', prints: 'Connection 3 from' }],
    },
    {
      caption: 'Nobody waits any more, and Carol is served like the others.',
      action: { client: 'carol', types: 'one tea\n' },
      expect: [{ client: 'carol', receives: 'one tea\n' }],
    },
  ],
});
