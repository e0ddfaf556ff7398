import { defineLab, type LabDefinition } from '../../../lab/definition.ts';

type Scenario = LabDefinition['scenario'];
type Step = Scenario[number];

/** How many come, so that several lines are there each time that the server looks. */
const CROWD = 1000;
const CROWD_QUESTION = {
  asks: 'Now a thousand clients come, and each sends a line a second. How many system calls does the server make for each line?',
  choices: ['three or more', 'between two and three', 'fewer than one'],
};

/** The same course on both engines, and what becomes of it on one. */
interface Engine {
  /** Of one line: the calls that it takes, and which of the choices says how many. */
  readonly calls: readonly string[];
  readonly right: string;
  readonly explanation: string;
  /** Of a crowd. */
  readonly crowd: string;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
  readonly crowdExplanation: string;
}

function courseOn({ calls, right, explanation, crowd, bound, crowdExplanation }: Engine): Scenario {
  const steps: Step[] = [
    {
      question: {
        asks: 'Alice types one line, and it comes back. How many system calls does the server make for that, the one that it waits in included?',
        choices: ['one', 'two', 'three', 'five'],
        right,
      },
      caption:
        'Alice types a line. Count the calls in the server’s row of the timeline: press Hold, then + or the arrow keys to go from call to call.',
      action: { client: 'alice', types: 'hello\n' },
      expect: [
        { client: 'alice', receives: 'hello\n' },
        ...calls.map((name) => ({ program: 'server', calls: name })),
      ],
      explanation,
    },
    {
      question: { ...CROWD_QUESTION, right: crowd },
      caption:
        'The crowd arrives, a hundred clients a second. Watch the gauge of calls for each line. It leaves out those that accept a client.',
      action: { crowd: CROWD, talks: true },
      expect: [
        { gauge: 'descriptors', program: 'server', atLeast: CROWD },
        { gauge: 'callsPerLine', program: 'server', ...bound },
      ],
      within: 60_000,
      explanation: crowdExplanation,
    },
    {
      caption: 'The crowd hangs up.',
      action: { crowd: 0, talks: false },
      expect: [{ gauge: 'descriptors', program: 'server', atMost: CROWD / 2 }],
      within: 60_000,
    },
    {
      caption: 'Bob has been there all the time. His line comes back as Alice’s did.',
      action: { client: 'bob', types: 'still here\n' },
      expect: [{ client: 'bob', receives: 'still here\n' }],
    },
  ];
  return steps;
}

export default defineLab({
  id: 'echo-completion',
  title: 'One echo server, two kinds of kernel interface',
  predict:
    'The same program runs on epoll, and then on io_uring. Which system calls will be missing from its timeline the second time?',
  server: {
    // The echo server of the chapter on listeners, and the same file.
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    // A crowd needs 1,000.
    descriptors: 1100,
    ways: [
      { name: 'epoll', label: 'on readiness: epoll' },
      {
        name: 'io-uring',
        label: 'on completion: io_uring',
        completes: true,
        scenario: courseOn({
          calls: ['io_uring_enter'],
          right: 'two',
          explanation:
            'One io_uring_enter came back with Alice’s bytes, already received. The next one handed on the send. There is no recv and no send in the timeline: both are inside.',
          crowd: 'fewer than one',
          bound: { atMost: 1 },
          crowdExplanation:
            'All that has come in is told by one io_uring_enter, and all the answers go out with the next. The more lines there are at once, the less each of them costs.',
        }),
      },
    ],
  },
  clients: ['alice', 'bob'],
  gauges: ['callsPerLine', 'descriptors'],
  crowd: true,
  scenario: courseOn({
    calls: ['recv', 'send'],
    right: 'three',
    explanation:
      'epoll_wait came back and said that Alice’s descriptor is readable. recv fetched the bytes, and send took them back. After that the server is in epoll_wait again.',
    crowd: 'between two and three',
    bound: { atLeast: 2 },
    crowdExplanation:
      'One epoll_wait tells of many descriptors at once, so it costs each line less and less. But every line still needs a recv and a send of its own.',
  }),
});
