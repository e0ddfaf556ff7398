import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WantedScroll } from './wanted-scroll.ts';

test('a first page goes nowhere, and keeps where it is', () => {
  const wanted = new WantedScroll(null);
  assert.equal(wanted.top, undefined);
  assert.equal(wanted.toKeep(812.5), '812.5');
});

test('the next page goes there, and the one after that is free', () => {
  const wanted = new WantedScroll('812.5');
  assert.equal(wanted.top, 812.5);
  assert.ok(wanted.arrive(812));
  assert.equal(wanted.top, undefined);
  assert.equal(wanted.toKeep(100), '100');
});

test('a page that ends above it, or was never whole, hands it on', () => {
  const short = new WantedScroll('812.5');
  assert.ok(!short.arrive(0));
  assert.equal(short.top, 812.5);
  assert.equal(new WantedScroll(short.toKeep(0)).top, 812.5);
  assert.equal(new WantedScroll('300').toKeep(20), '300');
});

test('what is no number is nowhere', () => {
  assert.equal(new WantedScroll('above').top, undefined);
});
