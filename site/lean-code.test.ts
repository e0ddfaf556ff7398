import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leanCode } from './lean-code.ts';

const page = (head: string, body: string): string =>
  `<html><head>${head}</head><body>${body}</body></html>`;
const word = (text: string, colours: string): string => `<span style="${colours}">${text}</span>`;
const PLAIN = '--0:#D6DEEB;--1:#403F53';
const MAUVE = '--0:#C792EA;--1:#8844AE';

test('a block has its text once, and elements only around words that have a colour', () => {
  const button = (more: string): string =>
    `<button title="Copy to clipboard" data-copied="Copied!"${more}><div></div></button>`;
  const script = '<script type="module" src="/book/_astro/ec.0vx5m.js"></script>';
  const code = `${word('const', MAUVE)}${word(' fd', PLAIN)}`;
  assert.equal(
    leanCode(page(script, code + button(' data-code="const fd =&#62; a > b"'))),
    page(`<style>[style="--a"]{${MAUVE}}</style>`, `<span style=--a>const</span> fd${button('')}`),
  );
});

test('each colour has a name, however many there are', () => {
  const colours = Array.from({ length: 60 }, (_, index) => `--0:#${100 + index};--1:#fff`);
  const words = [...colours, ...colours].map((colour) => word('x', colour)).join('');
  const lean = leanCode(page('', words));
  const names = [...lean.matchAll(/<span style=--([a-z]+)>/g)].map(([, name = '']) => name);
  assert.deepEqual(names.slice(0, 60), names.slice(60));
  assert.equal(new Set(names).size, 60);
  for (const [index, colour] of colours.entries()) {
    assert.ok(lean.includes(`[style="--${names[index]}"]{${colour}}`), colour);
  }
});

test('what only looks like that stays', () => {
  const others = page('', `<i data-code="x"></i><span style="${PLAIN}"><b>x</b></span>`);
  assert.match(leanCode(others), /<i data-code="x"><\/i><span style=--a><b>x<\/b><\/span>/);
  const none = page('', '<span style="color:red">x</span>');
  assert.equal(leanCode(none), none);
});
