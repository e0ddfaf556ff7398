import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageOf } from '../../lab/run.ts';
import { TextLog } from '../../lab/transcript.ts';
import type { CrowdOrder } from '../../protocol/crowd-feed.ts';
import { CrowdControl } from './crowd-control.ts';

class Button {
  disabled = false;
  ariaPressed: string | null = null;
  readonly dataset: Record<string, string>;

  constructor(dataset: Record<string, string>) {
    this.dataset = dataset;
  }

  closest(): this {
    return this;
  }
}

Object.assign(globalThis, { Element: Button });

type State = MessageOf<'crowd'>['state'];

const STATE: NonNullable<State> = {
  ...{ wanted: 10, talks: false, connecting: 0, connected: 10, closed: 0, failed: 0 },
  ...{ reasons: [], sent: 0, answered: 0, line: null },
};

/** The controls of a run that takes a crowd, and all that they sent. */
function controls() {
  const texts = { state: { textContent: '' }, said: { textContent: '' } };
  const many = new Button({ crowdCount: '1000' });
  const none = new Button({ crowdCount: '0' });
  const talking = new Button({ crowdManner: 'talking' });
  let click: (event: { target: Button }) => void = () => assert.fail();
  const panel = {
    querySelector: (selector: string) => (selector.includes('said') ? texts.said : texts.state),
    querySelectorAll: () => [many, none, talking],
    addEventListener: (_: string, listener: typeof click) => (click = listener),
  };
  const sent: CrowdOrder[] = [];
  const printed = new TextLog();
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- as much of one as is used
  const element = panel as unknown as HTMLDetailsElement;
  const control = new CrowdControl(
    element,
    (order) => sent.push(order),
    () => printed,
  );
  // Without the curves, there are still the words.
  console.error = () => undefined;
  control.show({ ready: true, live: true });
  const take = (state: State): void => control.take({ type: 'crowd', seq: 1, state });
  const press = (target: Button): void => click({ target });
  return { control, take, press, sent, printed, texts, many, none, talking };
}

test('a crowd that was not told to leave can be told again', () => {
  const { control, take, press, sent, texts, many, none, talking } = controls();
  press(many);
  take({ ...STATE, wanted: 1000 });
  press(talking);
  press(none);
  assert.deepEqual([none.disabled, many.disabled], [true, true]);
  control.refused();
  assert.deepEqual([none.disabled, many.disabled], [false, false]);
  assert.equal(talking.ariaPressed, 'false');
  assert.match(texts.state.textContent, /^10 of 1,000 have come/);
  // Of several orders one was refused, and what the crowd heard of the others it says.
  take({ ...STATE, wanted: 1000, talks: true });
  assert.equal(talking.ariaPressed, 'true');
  press(none);
  assert.equal(sent.at(-1)?.count, 0);
});

test('what a server said of one crowd is not said of the next', () => {
  const { take, press, printed, texts, many } = controls();
  press(many);
  printed.append('accept: Too many open \u202efiles\naccept: Too many open files\u202e\n');
  take({ ...STATE, closed: 3 });
  assert.match(texts.state.textContent, /says: “accept: Too many open files\ufffd”\.$/);
  take(null);
  press(many);
  take({ ...STATE, closed: 3 });
  assert.match(texts.state.textContent, /closed by the server\. Its output may say why\.$/);
});
