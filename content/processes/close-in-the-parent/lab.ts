import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'close-in-the-parent',
  title: 'The client that waits for ever',
  predict:
    'Alice ends her side. Her child reads end of file and exits. What still keeps her connection open?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713', forks: true },
  clients: ['alice', 'bob'],
  gauges: ['processes', 'descriptors'],
  scenario: [
    {
      caption: 'Alice types a line, and her child answers it. So far all is well.',
      action: { client: 'alice', types: 'Anything else?\n' },
      expect: [{ client: 'alice', receives: 'Nalguvat ryfr?\n' }],
    },
    {
      question: {
        asks: 'Alice presses Ctrl-D, and her child exits. What does Alice see?',
        choices: ['the end of the connection', 'nothing: she waits', 'an error'],
        right: 'nothing: she waits',
      },
      caption: 'Alice presses Ctrl-D, and her child exits. Watch her terminal.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'has nobody left to serve' },
        { gauge: 'processes', program: 'server', is: 2 },
        { client: 'alice', receivesNothingFor: 500 },
      ],
    },
  ],
  exercise: {
    task: 'Change the server so that a client’s connection ends when the client is done. Everything else stays as it is: each client has its own child, and no client waits for another.',
    hints: [
      'fork() copies the table of descriptors. How many processes have a descriptor for Alice’s connection then?',
      'The kernel ends a connection when the last descriptor for it is closed. Which processes still have one after the child’s exit? A child that is forked later inherits everything that the parent has open.',
      'The parent has no use for the connection once the child exists. Close it in the parent, after fork(), and only there.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
