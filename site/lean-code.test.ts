import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leanCode } from './lean-code.ts';

test('a block has its text once, and elements only around words that have a colour', () => {
  const coloured = '<span style="--0:#C792EA;--1:#8844AE">const</span>';
  const plain = '<span style="--0:#D6DEEB;--1:#403F53"> fd </span>';
  const button = (more: string): string =>
    `<button title="Copy to clipboard" data-copied="Copied!"${more}><div></div></button>`;
  assert.equal(
    leanCode(`<code>${coloured}${plain}</code>${button(' data-code="const fd =&#62; a > b"')}`),
    `<code>${coloured} fd </code>${button('')}`,
  );
});

test('what only looks like that stays', () => {
  const others = '<i data-code="x"></i><span style="--0:#D6DEEB;--1:#403F53"><b>x</b></span>';
  assert.equal(leanCode(others), others);
});
