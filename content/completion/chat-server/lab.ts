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
        'The callback is handed one bufferevent, the one that the line came in by, and answers to that. The server keeps no list of the others.',
    },
    {
      caption:
        'Bob types a name, and gets it back like any other line. In a chat he would read “Welcome, Bob.”, and the others “* Bob has come.”',
      action: { client: 'bob', types: 'Bob\n' },
      expect: [{ client: 'bob', receives: 'Bob\n' }],
    },
  ],
  exercise: {
    task: 'Make a chat of this server. Each client is asked for a name and welcomed. From then on its lines go to everybody else with a name, who are also told when it comes and leaves. Who doesn’t read slows down nobody, and is let go of when more than 1 MB waits for it. The comment at the top of the program has the exact words.',
    hints: [
      'Begin with a list of all clients: acceptCb adds to it, eventCb takes from it. setCb() hands its last argument to every callback, so that they know whose turn it is.',
      'Names fit a Map from name to client. Whoever isn’t in it yet hears nothing, and is not mentioned when the connection ends.',
      'A client can leave in two ways: BEV_EVENT_EOF and BEV_EVENT_ERROR. Take it out of the Map first, tell the others next, and close at the end.',
      'add() never waits: what the kernel doesn’t take stays in the output. Look at getOutput().getLength() after each line that you add, also for a client without a name.',
      'Letting go of one client tells all others, and that may be too much for another one. Nobody may use a bufferevent after its free(), not even the loop of readCb.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
