import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Gauge } from '../protocol/messages.ts';
import { quote } from './expectation.ts';
import {
  playScenario,
  type Clock,
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

  launch(program: string, way: string | undefined): void {
    this.log.push(`${program} starts, ${String(way)}`);
    this.send(program, 'here\n');
  }

  readonly processes = new Map<string, number>();
  process = (name: string): number | undefined => this.processes.get(name);
  readonly exits = new Map<string, number>();
  readonly gauges = new Map<string, number>();
  exitCode = (program: string): number | undefined => this.exits.get(program);
  gauge = (program: string, gauge: Gauge): number | undefined =>
    this.gauges.get(`${program} ${gauge}`);
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
let abort: AbortController;

beforeEach(() => {
  clock = new FakeClock();
  stage = new FakeStage();
  told = [];
  abort = new AbortController();
});

async function play(
  steps: Step[],
  typing = 0,
  settles = 0,
  cast = ['alice', 'bob'],
): Promise<ScenarioResult> {
  const result = playScenario({
    cast,
    steps,
    stage,
    clock,
    pace: { typing, between: 1000, settles },
    signal: abort.signal,
    audience: {
      stepStarts: (step) => told.push(`start ${step}`),
      stepPassed: (step) => told.push(`pass ${step}`),
    },
  });
  await clock.run();
  return result;
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
    seen: 'alice received nothing, after 5000 ms',
  });
  assert.equal(clock.now(), 5000);
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
  assert.equal(result.kind === 'failed' && result.seen, 'bob is not connected, after 5000 ms');
  stage.connect = () => (stage.troubleTold = { text: 'bob is connected already.' });
  // Said again, it is said anew.
  for (let time = 0; time < 2; time++) {
    const again = await play([step], 0, 0, ['alice']);
    assert.equal(
      again.kind === 'failed' && again.seen,
      'bob is connected already. bob is not connected, after 5000 ms',
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
