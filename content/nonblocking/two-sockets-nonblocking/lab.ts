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
          asks: 'Is there a nap that wastes neither processor time nor the clients’ time?',
          choices: ['yes', 'no'],
          right: 'no',
        },
        caption: 'Alice types as well.',
        action: { client: 'alice', types: 'hello from alice\n' },
        expect: [
          { client: 'alice', receives: 'You said: hello from alice\n' },
          { client: 'bob', receivesNothingFor: 300 },
        ],
        explanation:
          'A shorter nap wastes more of the processor, and a longer one more of the clients’ time. The server sleeps for a fixed time. It ought to sleep until somebody types.',
      },
    ],
  };
}

export default defineLab({
  id: 'two-sockets-nonblocking',
  title: 'Two clients, and no call that waits',
  predict:
    'Nobody types. The server asks Alice’s socket, then Bob’s, then Alice’s again. How many calls does it make in a second?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    ways: [
      { name: 'plain', label: 'as it is' },
      {
        name: 'bob-blocks',
        label: 'with O_NONBLOCK on Alice’s socket only',
        patch: [
          {
            replace: 'for (const { fd } of connections) makeNonblocking(fd);',
            by: `
              const [alice] = connections;
              if (alice) makeNonblocking(alice.fd);
            `,
          },
        ],
        scenario: [
          {
            question: {
              asks: 'Only Alice’s socket is nonblocking, and nobody types. How much of a processor does the server use?',
              choices: ['next to nothing', 'about half of one', 'all of one, if it can get it'],
              right: 'next to nothing',
            },
            caption: 'Nobody types. Look at the two meters.',
            expect: [
              { gauge: 'cpu', program: 'server', atMost: 0.2 },
              { gauge: 'calls', program: 'server', atMost: 50 },
            ],
            explanation:
              'The server asked Alice, got EAGAIN, and went on to Bob. That recv() has not returned.',
          },
          {
            question: {
              asks: 'Alice types a line. Her socket is the nonblocking one. When is she answered?',
              choices: ['at once', 'after Bob has typed', 'never'],
              right: 'after Bob has typed',
            },
            caption: 'Alice types a line.',
            action: { client: 'alice', types: 'hello from alice\n' },
            expect: [
              { client: 'alice', receivesNothingFor: 700 },
              { program: 'server', printsNothingFor: 700 },
            ],
            explanation:
              'The server is asleep in Bob’s recv(), so it can’t ask Alice’s socket. One blocking socket in the loop is enough to stop it for everybody.',
          },
          {
            caption: 'Bob types, and the loop moves on: to Bob’s line, and then to Alice’s.',
            action: { client: 'bob', types: 'hello from bob\n' },
            expect: [
              { client: 'bob', receives: 'You said: hello from bob\n' },
              { client: 'alice', receives: 'You said: hello from alice\n' },
            ],
          },
        ],
      },
      {
        name: 'end-ignored',
        label: 'with 0 taken for “nothing yet”',
        patch: [
          {
            replace: 'if (n < 0 && errno() === EAGAIN) {',
            by: 'if (n === 0 || (n < 0 && errno() === EAGAIN)) {',
          },
        ],
        scenario: [
          {
            caption: 'Alice types, and is answered. So far this is the same server.',
            action: { client: 'alice', types: 'hello from alice\n' },
            expect: [{ client: 'alice', receives: 'You said: hello from alice\n' }],
          },
          {
            question: {
              asks: 'Alice ends her side. What does the server do about her connection?',
              choices: [
                'it closes it',
                'it keeps it, and asks it for ever',
                'it keeps it, and never asks it again',
              ],
              right: 'it keeps it, and asks it for ever',
            },
            caption: 'Alice ends her side.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', staysOpenFor: 700 },
              { program: 'server', printsNothingFor: 700 },
            ],
            explanation:
              'The server takes her for somebody who is silent. Her descriptor stays open, and her client waits for an end that never comes.',
          },
          {
            question: {
              asks: 'The server goes on asking Alice’s socket. What does recv() return for it the next time?',
              choices: ['-1, and errno is EAGAIN', '0 again', 'nothing: the call waits'],
              right: '0 again',
            },
            caption: 'Bob types. He can’t tell that anything is wrong.',
            action: { client: 'bob', types: 'is anything wrong?\n' },
            expect: [{ client: 'bob', receives: 'You said: is anything wrong?\n' }],
            explanation: 'At the end of file recv() returns 0, however often it is called.',
          },
        ],
      },
      nap(10, 300, [
        {
          question: {
            asks: 'The server sleeps for ten milliseconds before each round. How many rounds are there in a second, at the most?',
            answer: '100',
            accepts: ['a hundred', 'one hundred', 'hundred'],
          },
          caption: 'Nobody types. Look at both meters.',
          explanation:
            'At most a hundred rounds, with three calls in each: two of recv(), and the nap. The processor has next to nothing to do.',
        },
        {
          question: {
            asks: 'Bob can’t feel ten milliseconds. But a program in his place sends a line, waits for the answer, and sends the next. How many lines a second does it get through?',
            choices: ['as many as without the nap', 'about a hundred', 'about ten'],
            right: 'about a hundred',
          },
          caption: 'Bob types a line.',
          explanation:
            'Each line waits for the server’s next look, and there are a hundred looks in a second. A client that waits for each answer gets one line into each.',
        },
      ]),
      nap(100, 30, [
        {
          question: {
            asks: 'The nap is now a tenth of a second. How many rounds are there in a second, at the most?',
            answer: '10',
            accepts: ['ten'],
          },
          caption: 'Nobody types. The meters hardly move.',
          explanation: 'At most ten rounds, with three calls in each.',
        },
        {
          question: {
            asks: 'A line can come at any moment of the nap. How long does it wait for the server’s next look, on average?',
            choices: ['a hundredth of a second', 'a twentieth of a second', 'a tenth of a second'],
            right: 'a twentieth of a second',
          },
          caption: 'Bob types a line. Type one yourself, too, and try to feel the delay.',
          explanation:
            'It waits a tenth of a second at worst, and half of that on average. You can feel a tenth of a second.',
        },
      ]),
    ],
  },
  clients: ['alice', 'bob'],
  gauges: ['cpu', 'calls'],
  scenario: [
    {
      question: {
        asks: 'Nobody types. How much of a processor does the server use?',
        choices: ['next to nothing', 'about half of one', 'all of one, if it can get it'],
        right: 'all of one, if it can get it',
      },
      caption: 'Alice and Bob are connected, and nobody types. Look at the two meters.',
      expect: [
        { gauge: 'cpu', program: 'server', atLeast: 0.5 },
        { gauge: 'calls', program: 'server', atLeast: 1000 },
      ],
      explanation:
        'No call waits, so the loop never stops. It asks both sockets again and again, and each time the answer is EAGAIN.',
    },
    {
      caption:
        'Bob types first, and this time he is answered at once. The server also prints how often it had asked for nothing before his line came.',
      action: { client: 'bob', types: 'hello from bob\n' },
      expect: [
        { client: 'bob', receives: 'You said: hello from bob\n' },
        { program: 'server', prints: 'calls of recv() for nothing' },
      ],
    },
    {
      caption: 'Bob types again. Nothing depends on Alice any more.',
      action: { client: 'bob', types: 'me again\n' },
      expect: [
        { client: 'bob', receives: 'You said: me again\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption: 'Alice types, and is answered at once as well. They may speak in any order.',
      action: { client: 'alice', types: 'hello from alice\n' },
      expect: [{ client: 'alice', receives: 'You said: hello from alice\n' }],
    },
    {
      caption:
        'Nobody types again. Nothing is printed and nothing is sent, and the processor is as busy as before.',
      expect: [
        { program: 'server', printsNothingFor: 600 },
        { gauge: 'cpu', program: 'server', atLeast: 0.5 },
        { gauge: 'calls', program: 'server', atLeast: 1000 },
      ],
    },
    {
      question: {
        asks: 'Alice ends her side. What does recv() return for her socket then?',
        choices: ['-1, and errno is EAGAIN', '0', '-1, and errno is ECONNRESET'],
        right: '0',
      },
      caption: 'Alice ends her side.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'alice: end of file' },
        { client: 'alice', ends: true },
      ],
      explanation:
        'End of file is 0, as with a blocking socket. “Nothing yet” is -1 with EAGAIN. The server must tell the two apart.',
    },
    {
      question: {
        asks: 'Alice is gone, and there is one socket fewer to ask. How busy is the processor now?',
        choices: ['half as busy', 'as busy as before', 'idle'],
        right: 'as busy as before',
      },
      caption: 'Bob types once more.',
      action: { client: 'bob', types: 'still busy?\n' },
      expect: [
        { client: 'bob', receives: 'You said: still busy?\n' },
        { gauge: 'cpu', program: 'server', atLeast: 0.5 },
      ],
      explanation:
        'With half as many sockets, the loop comes round to Bob twice as often. A loop that never waits takes all the time it can get, however little there is to do.',
    },
    {
      caption: 'Bob ends his side, too. With nobody left to ask, the program ends.',
      action: { client: 'bob', halfCloses: true },
      expect: [
        { program: 'server', prints: 'Both are gone.' },
        { program: 'server', exits: 0 },
        { client: 'bob', ends: true },
      ],
    },
  ],
});
