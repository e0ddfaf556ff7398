import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'chat-server',
  title: 'The last project: a chat',
  predict:
    'Alice and Bob are connected to the same server. What must it remember so that Bob can read what Alice types?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening on port 9876' },
  clients: ['alice', 'bob', 'carol'],
  gauges: ['memory', 'descriptors'],
  scenario: [
    {
      question: {
        asks: 'Three clients are connected. Alice types “Is anybody here?”. Who gets the line?',
        choices: ['Alice', 'Bob and Carol', 'all three', 'nobody'],
        right: 'Alice',
      },
      caption: 'Alice types a line.',
      action: { client: 'alice', types: 'Is anybody here?\n' },
      expect: [
        { client: 'alice', receives: 'Is anybody here?\n' },
        { client: 'bob', receivesNothingFor: 300 },
      ],
      explanation:
        'The callback gets one bufferevent, the one that the line came in on, and answers on that. The server keeps no list of the others.',
    },
    {
      caption:
        'Bob types a name, and gets it back like any other line. In a chat he would read “Welcome, Bob.”, and the others “* Bob has come.”',
      action: { client: 'bob', types: 'Bob\n' },
      expect: [{ client: 'bob', receives: 'Bob\n' }],
    },
  ],
  exercise: {
    task: 'Turn this server into a chat. It asks each client for a name, and welcomes it. From then on it sends the client’s lines to everybody else with a name, and tells them when the client comes and leaves. A client that doesn’t read slows down nobody, and is dropped when more than 1 MB waits for it. The comment at the top of the program has the exact words.',
    hints: [
      'Begin with a list of all clients: acceptCb adds to it, eventCb takes from it. setCb() hands its last argument to every callback, so that it knows which client it runs for.',
      'Keep a Map from name to client. A client that isn’t in it yet hears nothing, and nobody is told when its connection ends.',
      'A client can leave in two ways: BEV_EVENT_EOF and BEV_EVENT_ERROR. Take it out of the Map first, tell the others next, and close at the end.',
      'add() never waits: what the kernel doesn’t take stays in the output. Look at getOutput().getLength() after each line that you add, also for a client without a name.',
      'When you drop a client, you tell the others, and that line may be too much for another one. Don’t use a bufferevent after its free(), not even in the loop of readCb.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
