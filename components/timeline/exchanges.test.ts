import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { ClientLine } from '../../lab/timeline.ts';
import { clientsOf, exchangeText, markAt, placeLines } from './exchanges.ts';

function line(client: string, way: ClientLine['way'], at: number): ClientLine {
  return { client, way, bytes: 6, at };
}

/** A hundred pixels a second. */
const xOf = (time: number): number => time / 10;

const place = (...lines: ClientLine[]) => placeLines(lines, xOf, 0, 1000);

test('a line and its answer are seen beside each other, about where they were', () => {
  const [exchange = [], ...others] = place(
    line('alice', 'sent', 1000),
    line('alice', 'received', 1002),
  );
  assert.deepEqual(others, []);
  assert.deepEqual(
    exchange.map(({ x }) => Math.round(x * 10) / 10),
    [95.1, 105.1],
  );
  assert.equal(exchangeText(exchange), 'alice → server → alice');
});

test('what is far apart stays where it was, and is told of alone', () => {
  const exchanges = place(line('bob', 'sent', 1000), line('bob', 'received', 5000));
  assert.deepEqual(
    exchanges.map((each) => each.map(({ x }) => x)),
    [[100], [500]],
  );
  assert.deepEqual(exchanges.map(exchangeText), ['bob →', 'server → bob']);
});

test('clients are told of in the order in which they spoke, whoever was heard first', () => {
  const [exchange = []] = place(
    line('bob', 'sent', 1001),
    line('alice', 'received', 1002),
    line('alice', 'sent', 1000),
  );
  assert.equal(exchangeText(exchange), 'alice → server → alice, bob →');
  assert.deepEqual(clientsOf(exchange), ['alice', 'bob']);
});

test('an answer that came before a line is no answer to it', () => {
  const [exchange = []] = place(line('alice', 'received', 1000), line('alice', 'sent', 1002));
  assert.equal(exchangeText(exchange), 'server → alice, alice →');
});

test('many are counted, and stay at their times', () => {
  const lines = Array.from({ length: 40 }, (_, index) => line('alice', 'sent', 1000 + index * 10));
  const [exchange = []] = place(...lines);
  assert.equal(exchangeText(exchange), '40 sent, 0 received');
  assert.deepEqual(
    exchange.map(({ x }) => x),
    lines.map(({ at }) => xOf(at)),
  );
});

test('many that stay at their times move nobody else’s, and keep nobody from being moved', () => {
  const many = Array.from({ length: 40 }, (_, index) => line('bob', 'sent', 3000 + index));
  const pair = [line('alice', 'sent', 4500), line('alice', 'received', 4501)];
  const exchanges = place(...many, ...pair);
  assert.deepEqual(exchanges.map(exchangeText), ['40 sent, 0 received', 'alice → server → alice']);
  const [sent, received] = exchanges[1] ?? [];
  assert.ok(sent && received);
  assert.equal(Math.round(received.x - sent.x), 10);
});

test('thousands are placed one by one, and no line is looked at again and again', () => {
  const lines = Array.from({ length: 4000 }, (_, index) => line('bob', 'sent', 100 + index * 2.2));
  let looks = 0;
  const exchanges = placeLines(
    lines,
    (time) => {
      looks += 1;
      return time / 10;
    },
    0,
    1000,
  );
  assert.equal(exchanges.flat().length, 4000);
  assert.ok(looks <= 4 * lines.length, String(looks));
});

test('a mark is pointed at where it is drawn', () => {
  const sent = line('alice', 'sent', 1000);
  const received = line('alice', 'received', 1002);
  const exchanges = place(sent, received);
  assert.equal(markAt(exchanges, 94, 5), sent);
  assert.equal(markAt(exchanges, 107, 5), received);
  assert.equal(markAt(exchanges, 130, 5), undefined);
});

test('whatever comes, each line that is in sight has one mark, in time, and few lie over each other', () => {
  const lines = fc.array(
    fc.record({
      client: fc.constantFrom('alice', 'bob'),
      way: fc.constantFrom('sent' as const, 'received' as const),
      bytes: fc.nat(),
      at: fc.integer({ min: -1000, max: 11_000 }),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(lines, (all) => {
      const marks = place(...all).flat();
      const seen = all.filter(({ at }) => at >= 0 && at <= 10_000);
      assert.deepEqual(
        marks.map(({ line: { at } }) => at),
        seen.map(({ at }) => at).toSorted((one, other) => one - other),
      );
      if (seen.length > 8) return;
      for (const [index, { x }] of marks.entries()) {
        const before = marks[index - 1];
        if (before) assert.ok(x - before.x > 9.999);
        assert.ok(Math.abs(x - xOf(marks[index]?.line.at ?? NaN)) <= 40);
      }
    }),
  );
});
