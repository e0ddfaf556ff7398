import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-backlog',
  title: 'The queue before the server',
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
              'Given -1, the listener asks for a backlog of 128. Alice and Bob wait in the queue.',
            action: { program: 'server', types: 'queue\n' },
            expect: [{ program: 'server', prints: 'In the queue: 2.' }],
          },
          {
            caption: 'Carol finds room in it too.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', printsNothingFor: 300 }],
          },
          {
            caption: 'And Dave.',
            action: { client: 'dave', connects: true },
            expect: [{ program: 'server', printsNothingFor: 300 }],
          },
          {
            caption: 'Alice types a line. The kernel keeps it with her connection.',
            action: { client: 'alice', types: 'I was here\n' },
            expect: [{ client: 'alice', receivesNothingFor: 300 }],
          },
          {
            caption:
              'She does not wait for the answer and ends her side. That is kept too, behind her line.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', receivesNothingFor: 300 },
              { program: 'server', printsNothingFor: 300 },
            ],
          },
          {
            question: {
              asks: 'Alice has ended her side before anybody accepted her. How many are in the queue now?',
              answer: '4',
              accepts: ['four'],
            },
            caption: 'Who has ended her side keeps her place in the queue.',
            action: { program: 'server', types: 'queue\n' },
            expect: [{ program: 'server', prints: 'In the queue: 4.' }],
            explanation:
              'Her connection is complete, and what she sent is still to be read. Only accept(2) takes it out of the queue.',
          },
          {
            caption:
              'Now the server accepts, all four in one go. Alice’s line and the end of her side are there already, and she gets her answer before she is let go.',
            action: { program: 'server', types: 'enable\n' },
            expect: [
              { program: 'server', prints: 'Connection 4 from' },
              { client: 'alice', receives: 'I was here\n' },
              { client: 'alice', ends: true },
            ],
          },
        ],
      },
    ],
  },
  clients: ['alice', 'bob', { name: 'carol', later: true }, { name: 'dave', later: true }],
  scenario: [
    {
      caption:
        'Alice and Bob are connected, and both wait to be accepted. The backlog is 1, but Linux lets one more into the queue than you say.',
      action: { program: 'server', types: 'queue\n' },
      expect: [{ program: 'server', prints: 'In the queue: 2. The backlog is 1.' }],
    },
    {
      caption: 'Alice types a line. Who waits in the queue can send, and the kernel keeps it.',
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
      caption:
        'Carol comes when the queue is full. She is not refused. Her request is ignored, her kernel repeats it, for the first time after about a second, and her connect(2) does not return.',
      action: { client: 'carol', triesToConnect: true },
      expect: [
        { client: 'carol', waitsToConnectFor: 1500 },
        { program: 'server', printsNothingFor: 1500 },
      ],
      explanation:
        'TCP sends a request again if it gets no answer. So the kernel may ignore one while the queue is full, and a later one succeeds: listen(2).',
    },
    {
      caption:
        'The server accepts one client. It is Alice, who came first. Her place is free now, and Carol gets it when her kernel tries the next time.',
      action: { program: 'server', types: 'accept\n' },
      expect: [
        { program: 'server', prints: 'Connection 1 from' },
        { client: 'alice', receives: 'one coffee\n' },
        { client: 'carol', notes: 'Connected to' },
      ],
      within: 60_000,
    },
    {
      caption:
        'There are two in the queue again, Bob and Carol. Until now Carol was in no queue at all.',
      action: { program: 'server', types: 'queue\n' },
      expect: [{ program: 'server', prints: 'In the queue: 2.' }],
    },
    {
      caption: 'Enabled, the listener takes everybody who waits, in one pass of the loop.',
      action: { program: 'server', types: 'enable\n' },
      expect: [{ program: 'server', prints: 'Connection 3 from' }],
    },
    {
      caption: 'The queue is empty, and Carol is served like the others.',
      action: { client: 'carol', types: 'one tea\n' },
      expect: [{ client: 'carol', receives: 'one tea\n' }],
    },
  ],
});
