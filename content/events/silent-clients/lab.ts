import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'silent-clients',
  title: 'A time limit for silent clients',
  predict:
    'Alice connects, goes home, and leaves her computer on. For how long does the server keep her connection?',
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
      caption:
        'Alice says nothing, and the server keeps her: a descriptor, two events and a buffer. A thousand like her would cost a thousand times as much.',
      expect: [
        { client: 'alice', staysOpenFor: 1500 },
        { client: 'bob', receivesNothingFor: 300 },
      ],
      explanation:
        'An idle connection sends nothing over the network, and TCP sets no time limit for it. It lasts until a program ends it.',
    },
  ],
  exercise: {
    task: 'Hang up on a client that sends nothing for one second, and on one that takes none of its answers for one second. A single byte is enough for another second. No other client may notice.',
    hints: [
      'A timer is an event without a descriptor. An event with one can have a time limit as well: add() takes it, in seconds.',
      'A callback is told why it is called. What is in its second parameter when the time is up?',
      'With EV_PERSIST the time begins anew whenever the event runs. del() takes the limit away with the event, so it has to be given again in the next add().',
      'While a client takes nothing, only its write event waits. What limit does that event have?',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
