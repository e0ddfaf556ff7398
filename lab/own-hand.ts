/** Notices that a reader does themselves what a step would do for them. Pure. */
import { judge, markPositions, silenceOf, type Marks, type Scene } from './expectation.ts';
import type { Expectation, Step } from './scenario.ts';
import { TypedTail } from './typed-tail.ts';

/** Whether an expectation is that something happens: silence and gauges can be so before anything is done. */
function isEvent(expectation: Expectation): boolean {
  return silenceOf(expectation) === undefined && !('gauge' in expectation);
}

/** Watches the terminals while a step waits. */
export class OwnHand {
  readonly #scene: Scene;
  readonly #step: Step;
  readonly #events: readonly Expectation[];
  readonly #received: Map<string, number>;
  readonly #marks: Marks;
  readonly #tail = new TypedTail();
  /** Up to where what is typed has been taken: this is asked at each output of a program. */
  #taken: number;
  /** Whether all that is to happen had happened before the step. */
  readonly #heldBefore: boolean;

  constructor(scene: Scene, step: Step) {
    this.#scene = scene;
    this.#step = step;
    this.#events = step.expect.filter((each) => isEvent(each));
    const marks = markPositions(scene, step);
    this.#received = new Map(marks.received);
    this.#marks = { ...marks, received: this.#received };
    this.#taken = this.#typed?.end ?? 0;
    this.#heldBefore = this.#allHold();
  }

  /**
   * Whether the step is done by the reader's own hand: they did what it does, or all that it expects
   * to happen has happened.
   * @returns from where on to look for what the step expects, or `undefined` while it is not done
   */
  check(): Marks | undefined {
    for (const expectation of this.#events) {
      if (!('receives' in expectation)) continue;
      const { client } = expectation;
      // The reader tries something else. What comes of that is no business of the step.
      if (judge(expectation, this.#scene, this.#marks, 0).state === 'failed') {
        this.#received.set(client, this.#scene.received(client)?.end ?? 0);
      }
    }
    if (this.#isDone() || (!this.#heldBefore && this.#allHold())) return this.#marks;
    return undefined;
  }

  #allHold(): boolean {
    return (
      this.#events.length > 0 &&
      this.#events.every((each) => judge(each, this.#scene, this.#marks, 0).state === 'holds')
    );
  }

  get #typed() {
    const { action } = this.#step;
    if (!action || 'crowd' in action) return undefined;
    return this.#scene.typed('client' in action ? action.client : action.program);
  }

  /** Whether the reader has done the step's action. */
  #isDone(): boolean {
    const { action } = this.#step;
    if (!action) return false;
    if ('crowd' in action) {
      const order = this.#scene.crowdOrder();
      return (
        (order?.count ?? 0) === action.crowd && (order?.talks ?? action.talks) === action.talks
      );
    }
    const typed = this.#typed;
    this.#tail.take(typed?.since(this.#taken) ?? '');
    this.#taken = typed?.end ?? this.#taken;
    if ('types' in action) return this.#tail.endsWithLines(action.types);
    if ('halfCloses' in action) return this.#tail.endsWith('\u0004');
    if ('interrupts' in action) return this.#tail.endsWith('\u0003');
    // In which way the reader has started it, only what it does can tell.
    if ('starts' in action && action.starts !== true) return false;
    const name = 'client' in action ? action.client : action.program;
    const process = this.#scene.process(name);
    if (process === undefined || process === this.#marks.replaced) return false;
    return !('connects' in action) || this.#scene.connected(name);
  }
}
