import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compartment, EditorState } from '@codemirror/state';
import type { LineMark } from '../source/line-marks.ts';
import { HereView, type Host } from './here-marks.ts';

const TEXT = 'one\ntwo\nthree\n';

function waits(line: number, lasts: string, more: Partial<LineMark> = {}): LineMark {
  const who = [{ name: 'alice', colour: 'blue' }];
  const said = { what: 'recv(22)', lasts, names: 'alice' };
  return { line, state: 'waits', who, latest: 0, isLit: false, ...said, ...more };
}

/** An editor that counts what it is told. */
function editor(): { readonly host: Host; readonly place: Compartment; updates: () => number } {
  const place = new Compartment();
  let state = EditorState.create({ doc: TEXT, extensions: place.of([]) });
  let updates = 0;
  const host: Host = {
    get state() {
      return state;
    },
    dispatch(spec) {
      updates += 1;
      state = state.update(spec).state;
    },
  };
  return { host, place, updates: () => updates };
}

test('an editor hears of marks only when something else than the time has changed', () => {
  const { host, place, updates } = editor();
  const here = new HereView(host, place);
  const positionOf = (line: number): number => host.state.doc.line(line).from;
  const show = (...marks: LineMark[]): void => here.show({ marks, pointed: undefined }, positionOf);
  show(waits(2, '0.1 s'));
  const before = updates();
  show(waits(2, '0.2 s'));
  show(waits(2, '10.0 s'));
  assert.equal(updates(), before);
  show(waits(2, '10.1 s', { isLit: true }));
  assert.equal(updates(), before + 1);
  show(waits(3, '0.1 s'));
  assert.equal(updates(), before + 2);
  here.show({ marks: [waits(3, '0.2 s')], pointed: 1 }, positionOf);
  assert.equal(updates(), before + 3);
  // Text that is written above a line moves it.
  host.dispatch({ changes: { from: 0, insert: 'zero\n' } });
  here.show({ marks: [waits(3, '0.3 s')], pointed: 1 }, (line) => positionOf(line + 1));
  assert.equal(updates(), before + 5);
});

test('a line that is gone is not marked', () => {
  const { host, place, updates } = editor();
  const here = new HereView(host, place);
  here.show({ marks: [waits(2, '0.1 s')], pointed: 2 }, () => undefined);
  const before = updates();
  here.show({ marks: [waits(2, '0.1 s')], pointed: 2 }, () => 4);
  assert.equal(updates(), before + 1);
});
