import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'silent-clients',
  title: 'A time limit for silent clients',
  predict:
    'Alice connects, goes home, and leaves her computer on. How long does the server keep her connection?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713' },
  clients: ['alice', 'bob'],
  gauges: ['descriptors'],
  scenario: [
    {
      caption: 'Bob types a line, and gets his answer.',
      action: { client: 'bob', types: 'I am here\n' },
      expect: [{ client: 'bob', receives: 'V nz urer\n' }],
    },
    {
      question: {
        asks: 'Alice has not said a word. After how many seconds does the server hang up on her?',
        choices: ['after 60', 'after 7,200', 'never'],
        right: 'never',
      },
      caption: 'Alice says nothing, and the server keeps a descriptor and two events for her.',
      expect: [
        { client: 'alice', staysOpenFor: 1500 },
        { client: 'bob', receivesNothingFor: 300 },
      ],
      explanation:
        'While neither side sends anything, nothing of the connection is on the network, and TCP sets no limit to that. It lasts until one of the two programs ends it.',
    },
  ],
  exercise: {
    task: 'Hang up on a client that sends nothing for one second, and on one that takes none of its answers for one second. A single byte buys another second. No other client may notice anything.',
    hints: [
      'A timer is an event without a descriptor. An event with a descriptor can have a time limit too: give add() a number of seconds.',
      'A callback is told why it runs. What does its second parameter hold when the time is up?',
      'With EV_PERSIST the time starts again whenever the event runs. del() removes the limit along with the event, so the next add() has to set it again.',
      'While a client takes nothing, only its write event is added. Does that event have a limit?',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
