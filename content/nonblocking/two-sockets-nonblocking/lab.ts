import { defineLab, type LabDefinition } from '../../../lab/definition.ts';

type Way = NonNullable<LabDefinition['server']['ways']>[number];

type Step = NonNullable<Way['scenario']>[number];
/** What is asked and told of a step. */
type Told = Pick<Step, 'question' | 'caption' | 'explanation'>;

/**
 * A way in which the server sleeps before each round.
 * @param most how many calls a second that leaves at the most: two of recv() and one nap in each round
 * @param told of the step in which nobody types, and of the one in which Bob does
 */
function nap(milliseconds: number, most: number, [quiet, answer]: readonly [Told, Told]): Way {
  return {
    name: `nap-${milliseconds}`,
    label: `with a nap of ${milliseconds} ms`,
    patch: [
      {
        replace: 'while (connections.length > 0) {',
        by: `
          while (connections.length > 0) {
            nanosleep(new Timespec(0, ${milliseconds}_000_000));
        `,
      },
      { replace: 'listen,', by: 'listen,\nnanosleep,' },
      { replace: 'SockaddrStorage,', by: 'SockaddrStorage,\nTimespec,' },
    ],
    scenario: [
      {
        ...quiet,
        expect: [{ gauge: 'calls', program: 'server', atLeast: 1, atMost: most }],
      },
      {
        ...answer,
        action: { client: 'bob', types: 'hello from bob\n' },
        expect: [{ client: 'bob', receives: 'You said: hello from bob\n' }],
      },
      {
        question: {
          asks: 'Is there a length of the nap that costs neither processor time nor the clients’ time?',
          choices: ['yes', 'no'],
          right: 'no',
        },
        caption: 'Alice types as well. Then try the other naps.',
        action: { client: 'alice', types: 'hello from alice\n' },
        expect: [
          { client: 'alice', receives: 'You said: hello from alice\n' },
          { client: 'bob', receivesNothingFor: 300 },
        ],
        explanation:
          'A shorter nap costs more of the processor, and a longer one more of the clients’ time. The server sleeps for a fixed time. It should sleep until somebody has typed.',
      },
    ],
  };
}

export default defineLab({
  id: 'two-sockets-nonblocking',
  title: 'Two clients, and a loop that never waits',
  predict:
    'Nobody types. The server asks Alice’s connection, then Bob’s, then Alice’s again, and never waits. How much of a processor does that take?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    ways: [
      { name: 'plain', label: 'as it is' },
      nap(1, 3000, [
        {
          question: {
            asks: 'The server sleeps for a millisecond before each round, and asks two sockets in it. At most how many calls of recv() are there in a second?',
            answer: '2000',
            accepts: ['2,000', 'two thousand', '2 000'],
          },
          caption: 'Before each round the server sleeps for a millisecond. See both meters.',
          explanation:
            'That makes at most a thousand rounds a second, where it had hundreds of thousands. The nap is a call too, so the meter can show up to 3,000.',
        },
        {
          question: {
            asks: 'Bob types a line. At most how long does it wait for the next look?',
            choices: ['about a millisecond', 'about a second', 'it does not wait'],
            right: 'about a millisecond',
          },
          caption: 'Bob types.',
          explanation:
            'Nobody can feel a millisecond. That seems to settle it, but the server still gets up a thousand times a second to find nothing.',
        },
      ]),
      nap(10, 300, [
        {
          question: {
            asks: 'The nap is ten milliseconds long. How many rounds are there in a second, at the most?',
            answer: '100',
            accepts: ['a hundred', 'one hundred', 'hundred'],
          },
          caption: 'Ten milliseconds before each round.',
          explanation:
            'A hundred rounds, with three calls in each. The processor has next to nothing to do.',
        },
        {
          question: {
            asks: 'Bob can’t feel ten milliseconds. But a program in his place sends a line, waits for the answer, and sends the next. How many lines does it get through in a second?',
            choices: ['as many as without the nap', 'about a hundred', 'about ten'],
            right: 'about a hundred',
          },
          caption: 'Bob types.',
          explanation:
            'Each line waits for the next look, and there are a hundred in a second. A client that waits for each answer gets one line into each.',
        },
      ]),
      nap(100, 30, [
        {
          question: {
            asks: 'The nap is a tenth of a second long. How many rounds are there in a second, at the most?',
            answer: '10',
            accepts: ['ten'],
          },
          caption: 'A tenth of a second before each round. The meters hardly move.',
          explanation: 'Ten rounds, with three calls in each.',
        },
        {
          question: {
            asks: 'A line can come at any moment of the nap. How long does it wait for the next look, on average?',
            choices: ['a hundredth of a second', 'a twentieth of a second', 'a tenth of a second'],
            right: 'a twentieth of a second',
          },
          caption: 'Bob types. Type yourself too, and look for the delay.',
          explanation:
            'Up to a tenth of a second, and half of that on average. A pause of a tenth of a second can be felt.',
        },
      ]),
    ],
  },
  clients: ['alice', 'bob'],
  gauges: ['cpu', 'calls'],
  scenario: [
    {
      caption:
        'Nobody says a word. The server asks both sockets all the same, hundreds of thousands of times a second, and takes all of a processor that it can get.',
      expect: [
        { gauge: 'cpu', program: 'server', atLeast: 0.5 },
        { gauge: 'calls', program: 'server', atLeast: 1000 },
      ],
    },
    {
      caption:
        'Bob types first, and this time he is answered at once. The server says how often it had asked in vain.',
      action: { client: 'bob', types: 'hello from bob\n' },
      expect: [
        { client: 'bob', receives: 'You said: hello from bob\n' },
        { program: 'server', prints: 'calls of recv() for nothing' },
      ],
    },
    {
      caption: 'Bob again. Nothing depends on Alice any more.',
      action: { client: 'bob', types: 'me again\n' },
      expect: [
        { client: 'bob', receives: 'You said: me again\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption: 'Alice types and is answered at once as well. Any order will do.',
      action: { client: 'alice', types: 'hello from alice\n' },
      expect: [{ client: 'alice', receives: 'You said: hello from alice\n' }],
    },
    {
      caption:
        'Silence again. Nothing is printed and nothing is sent, and the processor is as busy as before.',
      expect: [
        { program: 'server', printsNothingFor: 600 },
        { gauge: 'cpu', program: 'server', atLeast: 0.5 },
        { gauge: 'calls', program: 'server', atLeast: 1000 },
      ],
    },
    {
      question: {
        asks: 'Alice ends her side. What does recv() return for her then?',
        choices: ['-1, and errno is EAGAIN', '0', '-1, and errno is ECONNRESET'],
        right: '0',
      },
      caption: 'Alice ends her side. recv() returns 0 for her: end of file is not “nothing yet”.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'alice: end of file' },
        { client: 'alice', ends: true },
      ],
    },
    {
      question: {
        asks: 'Alice is gone, and there is one socket fewer to ask. How busy is the processor now?',
        choices: ['half as busy', 'as busy as before', 'idle'],
        right: 'as busy as before',
      },
      caption:
        'Half as many sockets, and not half the work: the loop only comes round to Bob more often.',
      action: { client: 'bob', types: 'still busy?\n' },
      expect: [
        { client: 'bob', receives: 'You said: still busy?\n' },
        { gauge: 'cpu', program: 'server', atLeast: 0.5 },
      ],
      explanation:
        'A loop that never waits takes all that it can get, however little there is to do.',
    },
  ],
});
