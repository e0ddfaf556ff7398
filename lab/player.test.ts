import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { CrowdOrder } from '../protocol/crowd-feed.ts';
import type { Gauge } from '../protocol/messages.ts';
import { quote } from './expectation.ts';
import {
  Player,
  type Clock,
  type Pace,
  type PlayerState,
  type ScenarioResult,
  type Stage,
  type Trouble,
} from './player.ts';
import type { Step } from './scenario.ts';
import { TextLog } from './transcript.ts';

/** A clock that jumps to the next timer as soon as nothing else is left to do. */
class FakeClock implements Clock {
  #now = 0;
  #timers = new Map<symbol, { at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const key = Symbol('timer');
    this.#timers.set(key, { at: this.#now + milliseconds, callback });
    return () => void this.#timers.delete(key);
  }

  async run(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at);
      if (!next) return;
      const [key, timer] = next;
      this.#timers.delete(key);
      this.#now = timer.at;
      timer.callback();
    }
  }
}

/** A lab whose server echoes lines at once, unless a test makes it do something else. */
class FakeStage implements Stage {
  readonly log: string[] = [];
  readonly logs = new Map<string, TextLog>();
  readonly endedClients = new Set<string>();
  readonly connectedClients = new Set(['alice', 'bob']);
  readonly #listeners = new Set<() => void>();
  readonly #lines = new Map<string, string>();
  overReason: string | undefined;
  onLine: (client: string, line: string) => void = (client, line) => this.send(client, line);
  onHalfClose: (client: string) => void = (client) => {
    this.print('end of file\n');
    this.endedClients.add(client);
  };

  #log(name: string): TextLog {
    const log = this.logs.get(name) ?? new TextLog();
    this.logs.set(name, log);
    return log;
  }

  change(): void {
    for (const listener of this.#listeners) listener();
  }

  send(client: string, text: string): void {
    this.#log(client).append(text);
    this.change();
  }

  print(text: string): void {
    this.send('server', text);
  }

  type(client: string, text: string): void {
    this.log.push(`${client}:${text}`);
    const typed = this.typedTexts.get(client) ?? new TextLog();
    this.typedTexts.set(client, typed);
    typed.append(text);
    this.change();
    let line = this.#lines.get(client) ?? '';
    for (const character of text) {
      line += character;
      if (character !== '\n') continue;
      this.onLine(client, line);
      line = '';
    }
    this.#lines.set(client, line);
  }

  halfClose(client: string): void {
    this.log.push(`${client} ends`);
    this.onHalfClose(client);
    this.change();
  }

  connect(client: string): void {
    this.log.push(`${client} connects`);
    this.connectedClients.add(client);
    this.print('Connection from 127.0.0.1\n');
  }

  interrupt(program: string): void {
    this.log.push(`Ctrl-C in ${program}`);
    this.exits.set(program, 130);
    this.endedClients.add(program);
    this.change();
  }

  crowd(order: CrowdOrder): void {
    this.log.push(`a crowd of ${order.count}, ${order.talks ? 'talking' : 'silent'}`);
    this.crowdNow = order;
    this.gauges.set('server callsPerLine', 0.5);
    this.change();
  }

  launch(program: string, way: string | undefined): void {
    this.log.push(`${program} starts, ${String(way)}`);
    this.send(program, 'here\n');
  }

  readonly typedTexts = new Map<string, TextLog>();
  typed = (name: string): TextLog | undefined => this.typedTexts.get(name);
  readonly processes = new Map<string, number>();
  process = (name: string): number | undefined => this.processes.get(name);
  readonly exits = new Map<string, number>();
  readonly gauges = new Map<string, number>();
  exitCode = (program: string): number | undefined => this.exits.get(program);
  gauge = (program: string, gauge: Gauge): number | undefined =>
    this.gauges.get(`${program} ${gauge}`);
  readonly callsMade = new Map<string, number>();
  calls = (program: string, name: string): number => this.callsMade.get(`${program} ${name}`) ?? 0;
  crowdNow: CrowdOrder | undefined;
  crowdOrder = (): CrowdOrder | undefined => this.crowdNow;
  noted = (client: string): TextLog | undefined => this.logs.get(`${client} notes`);
  connected = (client: string): boolean => this.connectedClients.has(client);
  received = (client: string): TextLog | undefined => this.logs.get(client);
  printed = (program: string): TextLog | undefined => this.logs.get(program);
  ended = (client: string): boolean => this.endedClients.has(client);
  over = (): string | undefined => this.overReason;
  troubleTold: Trouble | undefined;
  trouble = (): Trouble | undefined => this.troubleTold;

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

let clock: FakeClock;
let stage: FakeStage;
let told: string[];
let states: PlayerState[];
let abort: AbortController;

beforeEach(() => {
  clock = new FakeClock();
  stage = new FakeStage();
  told = [];
  states = [];
  abort = new AbortController();
});

async function play(
  steps: Step[],
  typing = 0,
  settles = 0,
  cast = ['alice', 'bob'],
): Promise<ScenarioResult> {
  const player = begin(steps, { playing: true, typing, settles, cast });
  await clock.run();
  return player.result;
}

/** A player with what a test says of it; else it goes a step at a time, without pauses for reading. */
function begin(
  steps: Step[],
  given: Partial<Pace> & {
    playing?: boolean;
    cast?: string[];
    from?: number;
    looksBack?: boolean;
  } = {},
): Player {
  const { playing = false, cast = ['alice', 'bob'], from = 1, looksBack = false, ...pace } = given;
  return new Player({
    cast,
    steps,
    stage,
    clock,
    pace: { typing: 0, reading: 0, between: 1000, settles: 0, ...pace },
    signal: abort.signal,
    audience: (state) => {
      states.push(state);
      if (state.kind === 'acting') told.push(`start ${state.step}`);
      if (state.kind === 'passed') told.push(`pass ${state.step}`);
    },
    playing,
    from,
    looksBack,
  });
}

/** The failure that a scenario must have. */
async function failure(steps: Step[]) {
  const result = await play(steps);
  assert.equal(result.kind, 'failed');
  return result;
}

const aliceSaysHi: Step = {
  caption: 'Alice types.',
  action: { client: 'alice', types: 'hi\n' },
  expect: [{ client: 'alice', receives: 'hi\n' }],
};

test('steps are played in order and told to the audience', async () => {
  const result = await play([
    aliceSaysHi,
    { caption: 'Silence.', expect: [{ client: 'bob', receivesNothingFor: 300 }] },
    {
      caption: 'Carol comes.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', prints: 'Connection from' }],
    },
    {
      caption: 'Alice goes.',
      action: { client: 'alice', halfCloses: true },
      expect: [
        { program: 'server', prints: 'end of file' },
        { client: 'alice', ends: true },
      ],
    },
  ]);
  assert.deepEqual(result, { kind: 'passed' });
  assert.deepEqual(stage.log, ['alice:hi\n', 'carol connects', 'alice ends']);
  assert.equal(told.join(), 'start 1,pass 1,start 2,pass 2,start 3,pass 3,start 4,pass 4');
  // Four pauses and the silence.
  assert.equal(clock.now(), 4300);
});

test('text is typed character by character at the pace given', async () => {
  assert.deepEqual(await play([aliceSaysHi], 30), { kind: 'passed' });
  assert.deepEqual(stage.log, ['alice:h', 'alice:i', 'alice:\n']);
  assert.equal(clock.now(), 1090);
});

test('an answer may come late and in pieces, within the limit', async () => {
  stage.onLine = (client, line) => {
    clock.after(2000, () => stage.send(client, line.slice(0, 1)));
    clock.after(4900, () => stage.send(client, line.slice(1)));
  };
  assert.deepEqual(await play([aliceSaysHi]), { kind: 'passed' });
});

test('a step that sees nothing fails after 5 seconds, in words', async () => {
  stage.onLine = () => undefined;
  assert.deepEqual(await failure([aliceSaysHi]), {
    kind: 'failed',
    step: 1,
    caption: 'Alice types.',
    expected: 'alice receives exactly “hi⏎”',
    seen: 'alice received nothing, after 20000 ms',
  });
  assert.equal(clock.now(), 20_000);
});

test('a wrong answer fails at once', async () => {
  stage.onLine = (client) => stage.send(client, 'ho');
  assert.equal((await failure([aliceSaysHi])).seen, 'alice received “ho”');
  assert.equal(clock.now(), 0);
});

test('more than the expected text fails, also when it comes in the pause', async () => {
  stage.onLine = (client, line) => stage.send(client, line + line);
  assert.equal((await failure([aliceSaysHi])).seen, 'alice received “hi⏎hi⏎”');

  stage.onLine = (client, line) => {
    stage.send(client, line);
    clock.after(500, () => stage.send(client, 'x'));
  };
  assert.equal((await failure([aliceSaysHi])).seen, 'alice received “hi⏎x”');
});

test('what came before a step is no business of it', async () => {
  stage.send('alice', 'old');
  assert.deepEqual(await play([aliceSaysHi]), { kind: 'passed' });
});

test('a broken silence fails at once', async () => {
  clock.after(100, () => stage.send('bob', 'psst'));
  const failed = await failure([
    { caption: 'Silence.', expect: [{ client: 'bob', receivesNothingFor: 300 }] },
  ]);
  assert.equal(failed.expected, 'bob receives nothing for 300 ms');
  assert.equal(failed.seen, 'bob received “psst”');
  assert.equal(clock.now(), 100);
});

test('a run that ends in a step fails it, with the reason', async () => {
  stage.onLine = () => {
    stage.overReason = 'The server exited with code 1.';
    stage.change();
  };
  const failed = await failure([aliceSaysHi]);
  assert.equal(failed.seen, 'alice received nothing; The server exited with code 1.');
});

test('a client that cannot connect fails its step', async () => {
  stage.connect = () => undefined;
  const failed = await failure([
    { caption: 'Carol comes.', action: { client: 'carol', connects: true }, expect: [] },
  ]);
  assert.equal(failed.expected, 'carol connects');
});

test('the first step waits for the clients, and a run that never gets there fails before it', async () => {
  stage.connectedClients.delete('bob');
  clock.after(3000, () => {
    stage.connectedClients.add('bob');
    stage.change();
  });
  assert.deepEqual(await play([aliceSaysHi]), { kind: 'passed' });
  assert.equal(clock.now(), 4000);

  stage.connectedClients.delete('bob');
  clock.after(3000, () => {
    stage.overReason = 'No room now: it is full.';
    stage.change();
  });
  const failed = await failure([aliceSaysHi]);
  assert.equal(failed.step, 0);
  assert.equal(failed.seen, 'No room now: it is full.');
});

test('a program is typed into, started and interrupted', async () => {
  const result = await play([
    {
      caption: 'Type.',
      action: { program: 'server', types: 'enable\n' },
      expect: [{ program: 'server', prints: 'enable' }],
    },
    {
      caption: 'Start.',
      action: { program: 'fetch', starts: 'slow' },
      expect: [{ program: 'fetch', prints: 'here' }],
    },
    {
      caption: 'Interrupt.',
      action: { program: 'fetch', interrupts: true },
      expect: [{ program: 'fetch', exits: 130 }],
    },
  ]);
  assert.deepEqual(result, { kind: 'passed' });
  assert.deepEqual(stage.log, ['server:enable\n', 'fetch starts, slow', 'Ctrl-C in fetch']);
});

test('what an earlier process of the same terminal did does not count', async () => {
  stage.processes.set('fetch', 1);
  stage.exits.set('fetch', 0);
  stage.endedClients.add('fetch');
  clock.after(700, () => {
    stage.processes.set('fetch', 2);
    stage.exits.set('fetch', 1);
    stage.change();
  });
  const result = await play([
    {
      caption: 'It is started again.',
      action: { program: 'fetch', starts: true },
      expect: [{ program: 'fetch', exits: 1 }],
    },
  ]);
  assert.deepEqual(result, { kind: 'passed' });
});

test('an exit with another code fails', async () => {
  stage.exits.set('server', 1);
  stage.endedClients.add('server');
  const failed = await failure([
    { caption: 'It exits.', expect: [{ program: 'server', exits: 0 }] },
  ]);
  assert.equal(failed.expected, 'the server exits with 0');
  assert.equal(failed.seen, 'with 1');
});

test('a crowd comes, and what becomes of it is waited for', async () => {
  const steps: Step[] = [
    {
      caption: 'Five hundred come.',
      action: { crowd: 500, talks: true },
      expect: [{ gauge: 'callsPerLine', program: 'server', atMost: 1 }],
    },
  ];
  assert.deepEqual(await play(steps), { kind: 'passed' });
  assert.deepEqual(stage.log, ['a crowd of 500, talking']);
});

test('a reader may send the crowd themselves', async () => {
  const player = begin([{ caption: 'Ten come.', action: { crowd: 10, talks: false }, expect: [] }]);
  await clock.run();
  assert.deepEqual(player.state, { kind: 'ready', step: 1 });
  stage.crowd({ count: 10, talks: true });
  await clock.run();
  assert.deepEqual(player.state, { kind: 'ready', step: 1 });
  stage.crowd({ count: 10, talks: false });
  await clock.run();
  assert.deepEqual(await player.result, { kind: 'passed' });
});

test('a call counts from the step on, and only that call', async () => {
  stage.callsMade.set('server recv', 7);
  stage.onLine = (client, line) => {
    stage.callsMade.set('server send', 1);
    stage.send(client, line);
  };
  const calls = (name: string): Step => ({
    ...aliceSaysHi,
    expect: [...aliceSaysHi.expect, { program: 'server', calls: name }],
  });
  assert.deepEqual(await play([calls('send')]), { kind: 'passed' });
  const failed = await failure([calls('recv')]);
  assert.equal(failed.expected, 'the server calls recv');
  assert.match(failed.seen, /^it does not/);
});

test('a gauge is waited for, and its bounds hold', async () => {
  clock.after(900, () => {
    stage.gauges.set('server processes', 3);
    stage.gauges.set('server cpu', 0.9);
    stage.change();
  });
  const passed = await play([
    {
      caption: 'Count.',
      expect: [
        { gauge: 'processes', program: 'server', is: 3 },
        { gauge: 'cpu', program: 'server', atLeast: 0.5, atMost: 1.1 },
      ],
    },
  ]);
  assert.deepEqual(passed, { kind: 'passed' });
  const failed = await failure([
    { caption: 'Too busy.', expect: [{ gauge: 'cpu', program: 'server', atMost: 0.2 }] },
  ]);
  assert.equal(failed.expected, 'the gauge “cpu” of the server shows at most 20 %');
  assert.match(failed.seen, /it shows 90 %, after/);
});

test('a gauge is compared with what it showed when its step began', async () => {
  const grows: Step = {
    caption: 'It grows.',
    action: { client: 'alice', types: 'x\n' },
    expect: [{ gauge: 'memory', program: 'server', atLeastTimes: 2, atMostTimes: 3 }],
  };
  const mib = 1024 * 1024;
  const growsTo = (size: number): void => {
    stage.gauges.set('server memory', 50 * mib);
    clock.after(900, () => {
      stage.gauges.set('server memory', size * mib);
      stage.change();
    });
  };
  growsTo(100);
  assert.deepEqual(await play([grows]), { kind: 'passed' });
  growsTo(99);
  const tooLittle = await failure([grows]);
  assert.equal(
    tooLittle.expected,
    'the gauge “memory” of the server shows at least 2 times what it showed before the step (50.0 MB)' +
      ' and at most 3 times what it showed before the step (50.0 MB)',
  );
  assert.match(tooLittle.seen, /it shows 99.0 MB, after/);
  growsTo(151);
  assert.match((await failure([grows])).seen, /it shows 151.0 MB, after/);
  // Of what showed nothing there is no multiple.
  stage.gauges.delete('server memory');
  clock.after(900, () => {
    stage.gauges.set('server memory', 100 * mib);
    stage.change();
  });
  assert.match((await failure([grows])).expected, /before the step \(nothing\)/);
});

test('a program that prints in a silence fails it', async () => {
  clock.after(200, () => stage.print('x'));
  const failed = await failure([
    { caption: 'Silence.', expect: [{ program: 'server', printsNothingFor: 300 }] },
  ]);
  assert.equal(failed.seen, 'the server printed “x”');
});

test('a client may wait to connect, and says what it sees', async () => {
  stage.connectedClients.delete('carol');
  stage.connect = (client) => void stage.log.push(`${client} tries`);
  clock.after(500, () => {
    stage.logs.set('carol notes', new TextLog());
  });
  const waits: Step = {
    caption: 'Carol waits.',
    action: { client: 'carol', triesToConnect: true },
    expect: [{ client: 'carol', waitsToConnectFor: 400 }],
  };
  assert.deepEqual(await play([waits]), { kind: 'passed' });
  stage.connectedClients.add('carol');
  assert.equal((await failure([waits])).seen, 'carol has one');
  const notes = new TextLog();
  stage.logs.set('dave notes', notes);
  clock.after(100, () => {
    notes.append('Connection refused: nothing listens on port 1.');
    stage.change();
  });
  const refused = await play([
    { caption: 'Refused.', expect: [{ client: 'dave', notes: 'refused' }] },
  ]);
  assert.deepEqual(refused, { kind: 'passed' });
});

test('the first step waits until the server has said what there was to say', async () => {
  clock.after(300, () => stage.print('Connection from 127.0.0.1\n'));
  clock.after(700, () => stage.print('Connection from 127.0.0.1\n'));
  const silent: Step = {
    caption: 'Silence.',
    expect: [{ program: 'server', printsNothingFor: 300 }],
  };
  assert.deepEqual(await play([silent], 0, 500), { kind: 'passed' });
  assert.equal(clock.now(), 700 + 500 + 300 + 1000);
});

test('an abort ends it between, and within, steps', async () => {
  stage.onLine = () => clock.after(200, () => abort.abort());
  assert.deepEqual(await play([aliceSaysHi]), { kind: 'cancelled' });
  assert.equal(clock.now(), 200);
});

test('a quotation shows line ends and control characters, but no colours', () => {
  assert.equal(quote('a\n\u0004\u001b[2m-- returned\u001b[22m'), '“a⏎␄-- returned”');
});

test('a client that ends without a connection fails the start at once, with what is known', async () => {
  stage.connectedClients.delete('bob');
  stage.endedClients.add('bob');
  const text = 'bob could not connect to 127.0.0.1:1. server listens on 127.0.0.1:2.';
  stage.troubleTold = { text };
  const result = await play([{ caption: 'x', expect: [] }]);
  assert.deepEqual(result, {
    kind: 'failed',
    step: 0,
    caption: 'The lab starts and its clients connect.',
    expected: 'bob connects',
    seen: 'bob could not connect to 127.0.0.1:1. server listens on 127.0.0.1:2. bob has ended',
  });
  assert.equal(clock.now(), 0);
});

test('a start that takes too long fails with what the server has said of it', async () => {
  stage.connectedClients.clear();
  stage.troubleTold = { text: 'server.ts has not printed “Listening” in 5 s.' };
  const result = await play([{ caption: 'x', expect: [] }]);
  assert.equal(result.kind, 'failed');
  assert.match(
    JSON.stringify(result),
    /has not printed “Listening” in 5 s\. alice is not connected/,
  );
});

test('what the server said before a step is no reason for the failure of that step', async () => {
  stage.connectedClients.delete('bob');
  stage.connect = () => undefined;
  stage.troubleTold = { text: 'alice makes more calls than can be shown.' };
  const step: Step = { caption: 'x', action: { client: 'bob', connects: true }, expect: [] };
  const result = await play([step], 0, 0, ['alice']);
  assert.equal(result.kind === 'failed' && result.seen, 'bob is not connected, after 20000 ms');
  stage.connect = () => (stage.troubleTold = { text: 'bob is connected already.' });
  // Said again, it is said anew.
  for (let time = 0; time < 2; time++) {
    const again = await play([step], 0, 0, ['alice']);
    assert.equal(
      again.kind === 'failed' && again.seen,
      'bob is connected already. bob is not connected, after 20000 ms',
    );
  }
});

test('a client that connects again is not taken for the one that ended', async () => {
  stage.connectedClients.delete('bob');
  stage.endedClients.add('bob');
  stage.processes.set('bob', 2);
  stage.connect = (client) => {
    queueMicrotask(() => {
      stage.connectedClients.add(client);
      stage.change();
    });
  };
  const cast = ['alice'];
  const again: Step = { caption: 'x', action: { client: 'bob', connects: true }, expect: [] };
  const { kind } = await play([again], 0, 0, cast);
  assert.equal(kind, 'passed');
});

const aliceAgain: Step = {
  question: { asks: 'Who is answered?', choices: ['Alice', 'Bob', 'both'], right: 'Alice' },
  caption: 'Alice again.',
  action: { client: 'alice', types: 'ho\n' },
  expect: [
    { client: 'alice', receives: 'ho\n' },
    { client: 'bob', receivesNothingFor: 300 },
  ],
  explanation: 'Each has a connection.',
};

/** Goes on until nothing is left to happen by itself; says where the player is then. */
async function where(player: Player): Promise<string> {
  await clock.run();
  const { state } = player;
  return 'step' in state ? `${state.kind} ${state.step}` : state.kind;
}

test('a step at a time, it waits for the reader before each', async () => {
  const player = begin([aliceSaysHi, aliceAgain, aliceSaysHi]);
  assert.equal(await where(player), 'ready 1');
  assert.deepEqual(stage.log, []);
  player.next();
  // Nothing more is to be read of the first step, so the second is there.
  assert.equal(await where(player), 'asking 2');
  assert.deepEqual(stage.log, ['alice:hi\n']);
  player.answer(['Bob']);
  assert.equal(await where(player), 'ready 2');
  assert.deepEqual(player.answerOf(2), { said: ['Bob'], isRight: false });
  assert.deepEqual(stage.log, ['alice:hi\n']);
  player.next();
  // The answer and the explanation are to be read.
  assert.equal(await where(player), 'passed 2');
  player.next();
  assert.equal(await where(player), 'ready 3');
  player.next();
  assert.equal(await where(player), 'over 3');
  assert.deepEqual(await player.result, { kind: 'passed' });
});

test('asked to go on while a step is being done, it goes on after it, if no more is to be read', async () => {
  const waits: Step = {
    caption: 'Silence.',
    expect: [{ client: 'bob', receivesNothingFor: 300 }],
  };
  for (const [explanation, end] of [
    [undefined, 'ready 2'],
    ['Nobody has typed.', 'passed 1'],
  ] as const) {
    const player = begin([
      explanation === undefined ? waits : { ...waits, explanation },
      aliceSaysHi,
    ]);
    clock.after(100, () => player.next());
    assert.equal(await where(player), end);
  }
});

test('a question can be passed without an answer', async () => {
  const player = begin([aliceAgain]);
  assert.equal(await where(player), 'asking 1');
  player.next();
  assert.equal(await where(player), 'ready 1');
  assert.equal(player.answerOf(1), undefined);
  assert.deepEqual(stage.log, []);
});

test('a step that nobody does passes by itself, and is told when the reader is there', async () => {
  stage.onLine = (client, line) => {
    stage.send(client, line);
    clock.after(2500, () => stage.print('later\n'));
  };
  const player = begin([
    aliceSaysHi,
    { caption: 'The server prints.', expect: [{ program: 'server', prints: 'later' }] },
    aliceSaysHi,
  ]);
  await clock.run();
  player.next();
  // It was seen long before anybody was told of it, and did not go on to the third.
  assert.equal(await where(player), 'passed 2');
  assert.deepEqual(stage.log, ['alice:hi\n']);
  stage.print('more');
  player.next();
  assert.equal(await where(player), 'ready 3');
});

test('what lasts only a while is done at once, whatever there is to read', async () => {
  stage.onLine = (client, line) => {
    stage.print('busy\n');
    clock.after(2000, () => {
      stage.print('idle\n');
      stage.send(client, line);
    });
  };
  const steps: Step[] = [
    {
      caption: 'Alice keeps the server busy.',
      action: { client: 'alice', types: 'work\n' },
      expect: [{ program: 'server', prints: 'busy' }],
    },
    {
      caption: 'Bob has to wait.',
      action: { client: 'bob', types: 'hi\n' },
      promptly: true,
      expect: [{ client: 'bob', receivesNothingFor: 500 }],
      explanation: 'x'.repeat(300),
    },
  ];
  for (const playing of [true, false]) {
    stage.log.length = 0;
    const began = clock.now();
    const player = begin(steps, { playing, reading: 50 });
    let bobTyped = 0;
    const unheard = stage.onChange(() => {
      if (bobTyped === 0 && stage.log.includes('bob:hi\n')) bobTyped = clock.now();
    });
    assert.equal(await where(player), playing ? 'over 2' : 'ready 1');
    player.next();
    assert.equal(await where(player), 'over 2');
    unheard();
    assert.deepEqual(stage.log, ['alice:work\n', 'bob:hi\n']);
    if (playing) assert.ok(bobTyped - began < 1000 + 50 * 60 + 1100, `after ${bobTyped} ms`);
  }
});

test('what the reader types themselves counts, and is not typed again', async () => {
  stage.onLine = (client) => stage.send(client, 'hi\n');
  const player = begin([aliceSaysHi, aliceAgain]);
  await clock.run();
  stage.type('alice', 'h');
  stage.type('alice', 'o\u007fi');
  assert.equal(await where(player), 'ready 1');
  stage.type('alice', '\n');
  assert.equal(await where(player), 'passed 1');
  assert.deepEqual(stage.log, ['alice:h', 'alice:o\u007fi', 'alice:\n']);
});

test('another line than that of the step does not count, and does no harm', async () => {
  const player = begin([aliceSaysHi, aliceAgain]);
  await clock.run();
  stage.type('alice', 'something else\n');
  stage.type('bob', 'hi\n');
  assert.equal(await where(player), 'ready 1');
  stage.type('alice', 'hi\n');
  assert.equal(await where(player), 'passed 1');
  stage.type('alice', 'and more\n');
  player.next();
  assert.equal(await where(player), 'asking 2');
  player.next();
  await clock.run();
  player.next();
  assert.equal(await where(player), 'over 2');
  assert.deepEqual(await player.result, { kind: 'passed' });
});

test('a line that only ends as that of the step does not count', async () => {
  const player = begin([aliceSaysHi, aliceAgain]);
  await clock.run();
  stage.type('alice', 'Oh, hi\n');
  assert.equal(await where(player), 'ready 1');
  stage.type('alice', 'hi\n');
  assert.equal(await where(player), 'passed 1');
});

test('silence alone is no deed: the reader has to have typed', async () => {
  stage.onLine = () => undefined;
  const step: Step = {
    caption: 'Bob is not answered.',
    action: { client: 'bob', types: 'hello?\n' },
    expect: [{ client: 'bob', receivesNothingFor: 600 }],
  };
  const player = begin([step, aliceSaysHi]);
  assert.equal(await where(player), 'ready 1');
  const before = clock.now();
  stage.type('bob', 'hello?\n');
  assert.equal(await where(player), 'passed 1');
  assert.ok(clock.now() - before >= 600);
  assert.deepEqual(stage.log, ['bob:hello?\n']);
});

test('keys and buttons of the reader count as well', async () => {
  const player = begin([
    { caption: 'Carol comes.', action: { client: 'carol', connects: true }, expect: [] },
    {
      caption: 'It starts.',
      action: { program: 'fetch', starts: 'slow' },
      expect: [{ program: 'fetch', prints: 'here' }],
    },
    {
      caption: 'Alice goes.',
      action: { client: 'alice', halfCloses: true },
      expect: [{ client: 'alice', receivesNothingFor: 100 }],
    },
    {
      caption: 'Ctrl-C.',
      action: { program: 'server', interrupts: true },
      expect: [{ program: 'server', exits: 130 }],
    },
  ]);
  await clock.run();
  stage.processes.set('carol', 7);
  stage.connectedClients.add('carol');
  stage.change();
  assert.equal(await where(player), 'passed 1');
  player.next();
  await clock.run();
  stage.processes.set('fetch', 8);
  stage.change();
  assert.equal(await where(player), 'ready 2');
  stage.send('fetch', 'here\n');
  assert.equal(await where(player), 'passed 2');
  player.next();
  await clock.run();
  stage.type('alice', '\u0004');
  assert.equal(await where(player), 'passed 3');
  player.next();
  await clock.run();
  stage.overReason = 'The server exited with code 130.';
  stage.interrupt('server');
  assert.equal(await where(player), 'over 4');
  assert.deepEqual(await player.result, { kind: 'passed' });
});

test('a run that ends while a step waits fails the step', async () => {
  const player = begin([aliceSaysHi]);
  await clock.run();
  stage.overReason = 'Time limit.';
  stage.change();
  assert.equal(await where(player), 'over 1');
  const result = await player.result;
  assert.equal(result.kind === 'failed' && result.seen, 'Time limit.');
});

test('played, it gives a person the time to read, and asks without waiting for an answer', async () => {
  const player = begin([aliceAgain], { playing: true, reading: 50 });
  await clock.run();
  assert.deepEqual(await player.result, { kind: 'passed' });
  assert.deepEqual(
    states.map(({ kind }) => kind),
    ['asking', 'ready', 'acting', 'passed', 'over'],
  );
  const asked = 'Who is answered? Alice Bob both'.length;
  const reading = 1000 + 50 * asked + 1000 + 50 * aliceAgain.caption.length;
  assert.equal(clock.now(), reading + 300 + 1000);
});

test('paused it stays, and played it goes on from there', async () => {
  const player = begin([aliceSaysHi, aliceSaysHi, aliceSaysHi], { playing: true, reading: 50 });
  clock.after(500, () => player.pause());
  assert.equal(await where(player), 'ready 1');
  assert.equal(player.playing, false);
  player.play();
  assert.equal(player.playing, true);
  const log: string[] = stage.log;
  const unheard = stage.onChange(() => {
    if (log.length === 2) player.pause();
  });
  // The step that it is doing is done first.
  assert.equal(await where(player), 'passed 2');
  unheard();
  player.play();
  assert.equal(await where(player), 'over 3');
  assert.deepEqual(await player.result, { kind: 'passed' });
});

test('played on after a long look, it makes no further pause', async () => {
  const player = begin([aliceSaysHi], { reading: 50 });
  await clock.run();
  clock.after(60_000, () => player.play());
  await clock.run();
  assert.deepEqual(await player.result, { kind: 'passed' });
  assert.equal(clock.now(), 61_000);
});

test('back to a step: those before are played quickly, without questions', async () => {
  const player = begin([aliceAgain, aliceAgain, aliceAgain], { from: 3, typing: 30, reading: 50 });
  assert.equal(await where(player), 'asking 3');
  assert.deepEqual(stage.log, ['alice:ho\n', 'alice:ho\n']);
  assert.deepEqual(
    states.map((state) => ('step' in state ? `${state.kind} ${state.step}` : state.kind)),
    ['returning 1', 'returning 2', 'asking 3'],
  );
  assert.equal(clock.now(), 2 * (300 + 300));
});

test('a step may take as long as it says', async () => {
  clock.after(30_000, () => stage.print('at last'));
  const step: Step = {
    caption: 'It takes long.',
    expect: [{ program: 'server', prints: 'at last' }],
    within: 40_000,
  };
  assert.deepEqual(await play([step]), { kind: 'passed' });
});

test('an abort ends it while it waits for the reader', async () => {
  const player = begin([aliceAgain]);
  await clock.run();
  abort.abort();
  assert.deepEqual(await player.result, { kind: 'cancelled' });
});

test('a connection that stays open holds, and one that is closed in that time fails', async () => {
  const steps: Step[] = [
    { caption: 'Nobody ends.', expect: [{ client: 'bob', staysOpenFor: 300 }] },
  ];
  assert.deepEqual(await play(steps), { kind: 'passed' });
  clock.after(200, () => {
    stage.endedClients.add('bob');
    stage.change();
  });
  const { expected, seen } = await failure(steps);
  assert.equal(expected, 'bob’s connection stays open for 300 ms');
  assert.equal(seen, 'it is closed');
});

test('an answer may be expected no earlier than after a while, and then waits longer', async () => {
  const steps: Step[] = [
    {
      caption: 'Alice types, and something keeps her answer back.',
      action: { client: 'alice', types: 'hi\n' },
      expect: [{ client: 'alice', receives: 'hi\n', notBefore: 1500 }],
    },
  ];
  stage.onLine = (client, line) => void clock.after(6000, () => stage.send(client, line));
  assert.deepEqual(await play(steps), { kind: 'passed' });
  stage.onLine = (client, line) => void clock.after(1000, () => stage.send(client, line));
  const { expected, seen } = await failure(steps);
  assert.equal(expected, 'alice receives exactly “hi⏎”, no earlier than after 1500 ms');
  assert.equal(seen, 'alice received “hi⏎” after 1000 ms');
});

test('where nobody brings anything about, what was printed before a step counts, and a run that is over', async () => {
  const steps: Step[] = [
    {
      question: { asks: 'Which?', choices: ['a', 'b'], right: 'a' },
      caption: 'It prints.',
      expect: [{ program: 'server', prints: 'first' }],
    },
    { caption: 'And more.', expect: [{ program: 'server', prints: 'second' }] },
  ];
  const run = async (looksBack: boolean): Promise<ScenarioResult> => {
    stage.logs.clear();
    const player = begin(steps, { looksBack, cast: [] });
    await clock.run();
    stage.print('first\nsecond\n');
    stage.overReason = 'It is over.';
    player.answer(['a']);
    await clock.run();
    player.next();
    await clock.run();
    return player.result;
  };
  assert.deepEqual(await run(true), { kind: 'passed' });
  assert.equal((await run(false)).kind, 'failed');
});
