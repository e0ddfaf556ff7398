/**
 * `npm run play -- ID [WAY]`: plays a lab's scenario on a real sandbox without a browser, for authors.
 * Without WAY it is played in every way the lab has. With `--show` it also prints what every terminal
 * showed. Its questions are answered rightly, or with `--answers`, as `--answers "2,1+3,alice"`: of each
 * question the numbers of the choices, or what is written.
 */
import { join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { WebSocket } from 'ws';
import { Connection, type SandboxServer, type Socket } from '../lab/connection.ts';
import type { Lab } from '../lab/definition.ts';
import { noSuchLab } from '../lab/folder.ts';
import { didYouMean } from '../lab/nearest.ts';
import {
  Player,
  castOf,
  scenarioOf,
  systemClock,
  type PlayerState,
  type ScenarioResult,
} from '../lab/player.ts';
import { rightAnswer, verdictText } from '../lab/question.ts';
import { Run } from '../lab/run.ts';
import type { Question, Step } from '../lab/scenario.ts';
import { messageOf } from '../message-of.ts';
import { CONTENT } from '../project.ts';
import { labIds, importableIn, loadLabs } from '../sandbox-server/labs.ts';
import { DEFAULT_SIZE } from '../protocol/messages.ts';
import { serve } from '../sandbox-server/testing/reader.ts';
import { forbiddenImports } from './forbidden-imports.ts';

/** As a page’s, but quicker: what comes too late for a step is still noticed. */
const PACE = { typing: 0, reading: 0, between: 300, settles: 500 };

/** A WebSocket of `ws`, with the origin of a page, as a browser’s. */
class PageSocket extends EventTarget implements Socket {
  binaryType: BinaryType = 'arraybuffer';
  readonly #socket: WebSocket;

  constructor(port: number, path: string) {
    super();
    const origin = `http://127.0.0.1:${port}`;
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { origin });
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.on('open', () => this.dispatchEvent(new Event('open')));
    this.#socket.on('close', (code) => this.dispatchEvent(new CloseEvent('close', { code })));
    this.#socket.on('error', console.error);
    this.#socket.on('message', (data, isBinary) => {
      const frame = !isBinary && Buffer.isBuffer(data) ? data.toString() : data;
      this.dispatchEvent(new MessageEvent('message', { data: frame }));
    });
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  close(code?: number): void {
    this.#socket.close(code);
  }
}

/** What to say to a question: of a list of answers the next, or else what is right. */
function answerFor(question: Question, given: string | undefined): readonly string[] {
  if (given === undefined) return rightAnswer(question);
  if (!('choices' in question)) return [given];
  return given.split('+').map((number) => {
    const choice = question.choices[Number(number) - 1];
    if (choice !== undefined) return choice;
    throw new Error(
      `“${given}” answers “${question.asks}” with a choice that there is not: give numbers from 1 to ${question.choices.length}, as 2 or 1+3.`,
    );
  });
}

/** Prints where the player is. */
function tell(
  player: Player,
  steps: readonly Step[],
  state: PlayerState,
  answer: () => void,
): void {
  const step = 'step' in state ? steps[state.step - 1] : undefined;
  if (!step || !('step' in state)) return;
  const { question, caption, explanation } = step;
  if (state.kind === 'asking' && question && !player.answerOf(state.step)) {
    console.log(`  ${state.step}. ${question.asks}`);
    if ('choices' in question) {
      question.choices.forEach((choice, index) => console.log(`     ${index + 1}: ${choice}`));
    }
    answer();
  } else if (state.kind === 'acting') {
    console.log(question ? `     ${caption}` : `  ${state.step}. ${caption}`);
  } else if (state.kind === 'passed') {
    if (question) console.log(`     ${verdictText(question, player.answerOf(state.step))}`);
    if (explanation !== undefined) console.log(`     ${explanation}`);
  }
}

async function play(
  port: number,
  lab: Lab,
  way: string | undefined,
  shown: Map<string, string>,
  answers: readonly string[],
): Promise<ScenarioResult> {
  const over = Promise.withResolvers<void>();
  const decoders = new Map<string, TextDecoder>();
  const start = { lab: lab.id, way };
  const server: SandboxServer = {
    open: (path) => new PageSocket(port, path),
    barrier: () => Promise.resolve({ kind: 'unreachable' }),
  };
  const run = new Run(
    (events) => new Connection(server, start, DEFAULT_SIZE, events),
    () => DEFAULT_SIZE,
    {
      started: () => {},
      output: (name, bytes) => {
        const decoder = decoders.get(name) ?? new TextDecoder();
        decoders.set(name, decoder);
        shown.set(name, (shown.get(name) ?? '') + decoder.decode(bytes, { stream: true }));
      },
      measured: () => {},
      selects: () => {},
      letIn: () => {},
      error: (message) => console.log(`  ${message}`),
      over: () => over.resolve(),
      changed: () => {},
    },
  );
  const steps = scenarioOf(lab, way);
  const left = [...answers];
  const player: Player = new Player({
    cast: castOf(lab),
    steps,
    stage: run,
    clock: systemClock,
    pace: PACE,
    audience: (state) =>
      tell(player, steps, state, () => {
        const question = 'step' in state ? steps[state.step - 1]?.question : undefined;
        if (question) player.answer(answerFor(question, left.shift()));
      }),
    signal: new AbortController().signal,
    playing: true,
  });
  const result = await player.result;
  if (!run.end) run.stop();
  await over.promise;
  return result;
}

interface Choices {
  readonly only: string | undefined;
  readonly show: boolean;
  readonly answers: readonly string[];
}

async function playAll(id: string, { only, show, answers }: Choices): Promise<boolean> {
  const loaded = (await loadLabs(CONTENT, id)).get(id);
  if (!loaded) throw new Error(noSuchLab(id, labIds(CONTENT)));
  const lab = loaded.definition;
  const programs = new Set([lab.server, ...lab.programs].map(({ program }) => program));
  const forbidden = importableIn(loaded).connects
    ? []
    : [...programs].flatMap((file) => forbiddenImports(join(loaded.folder, file)));
  if (forbidden.length > 0) throw new Error(forbidden.join('\n'));
  await using server = await serve(CONTENT, {}, id);
  const ways = lab.server.ways?.map(({ name }) => name) ?? [];
  if (only !== undefined && !ways.includes(only)) {
    const known = ways.length > 0 ? `Its ways are: ${ways.join(', ')}.` : 'It has none.';
    throw new Error(`${id} has no way “${only}”.${didYouMean(only, ways)} ${known}`);
  }
  let passed = true;
  const all = ways.length > 0 ? ways : [undefined];
  for (const way of only === undefined ? all : [only]) {
    console.log(way === undefined ? id : `${id}, ${way}`);
    const shown = new Map<string, string>();
    const result = await play(server.port, lab, way, shown, answers);
    if (show || result.kind !== 'passed') {
      for (const [name, text] of shown) {
        const lines = stripVTControlCharacters(text).replaceAll('\r', '').trimEnd().split('\n');
        console.log([`  [${name}]`, ...lines].join('\n  | '));
      }
    }
    if (result.kind === 'failed') {
      console.log(`  failed at step ${result.step}: expected ${result.expected}; ${result.seen}`);
    }
    passed &&= result.kind === 'passed';
  }
  return passed;
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { show: { type: 'boolean', default: false }, answers: { type: 'string' } },
  });
  const [id, way] = positionals;
  if (id === undefined)
    throw new Error('Usage: npm run play -- ID [WAY] [--show] [--answers LIST]');
  const answers = values.answers?.split(',').map((each) => each.trim()) ?? [];
  const passed = await playAll(id, { only: way, show: values.show, answers });
  console.log(passed ? 'passed' : 'failed');
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 2;
}
