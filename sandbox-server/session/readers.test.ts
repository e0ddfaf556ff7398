import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Readers, type GiveBack } from './readers.ts';

const [ANN, BEN] = ['203.0.113.7', '203.0.113.8'];

function taken(readers: Readers, address: string): GiveBack {
  const run = readers.takeRun(address);
  assert.ok(typeof run === 'function', JSON.stringify(run));
  return run;
}

function refusal(readers: Readers, address: string): string {
  const run = readers.takeRun(address);
  assert.ok(typeof run !== 'function');
  return `${run.why}: ${run.message}`;
}

test('a reader has so many runs at once, and another reader theirs', () => {
  const readers = new Readers({ most: 2, loopback: true }, () => 0);
  const run = taken(readers, ANN);
  taken(readers, ANN);
  assert.equal(
    refusal(readers, ANN),
    'reader-runs: Your address has 2 runs already, queued ones included, and may have no more. Stop one first.',
  );
  taken(readers, BEN);
  run();
  taken(readers, ANN);
  const single = new Readers({ most: 1, loopback: true }, () => 0);
  taken(single, ANN);
  assert.match(refusal(single, ANN), /has a run already.* Stop it first\./);
});

test('all addresses of one network of IPv6 are one reader, and those that nobody knows are', () => {
  const readers = new Readers({ most: 1, loopback: true }, () => 0);
  taken(readers, '2001:db8:0:7::1');
  assert.match(refusal(readers, '2001:db8:0:7:ffff::2'), /reader-runs/);
  taken(readers, '2001:db8:0:8::1');
  taken(readers, 'unknown');
  assert.match(refusal(readers, 'unknown'), /reader-runs/);
});

test('a reader starts so many runs in a minute', () => {
  let now = 0;
  const readers = new Readers({ most: 2, loopback: true }, () => now);
  for (let start = 0; start < 10; start++) taken(readers, ANN)();
  assert.equal(
    refusal(readers, ANN),
    'reader-starts: Your address has started 10 runs in a short time. Try again in 6 seconds.',
  );
  taken(readers, BEN);
  now += 6000;
  taken(readers, ANN)();
  assert.match(refusal(readers, ANN), /reader-starts/);
  now += 60_000;
  for (let start = 0; start < 10; start++) taken(readers, ANN)();
  assert.match(refusal(readers, ANN), /reader-starts/);
});

test('a reader has so many connections', () => {
  const readers = new Readers({ most: 2, loopback: true }, () => 0);
  const closes = Array.from({ length: readers.mostSockets }, () => {
    assert.ok(readers.mayOpen(ANN));
    return readers.opened(ANN);
  });
  assert.ok(!readers.mayOpen(ANN));
  assert.ok(readers.mayOpen(BEN));
  closes[0]?.();
  assert.ok(readers.mayOpen(ANN));
});

test('this computer itself has no limit, unless one was asked for', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) {
    const readers = new Readers({ most: 1, loopback: false }, () => 0);
    for (let run = 0; run < 100; run++) {
      readers.opened(address);
      taken(readers, address);
    }
    assert.ok(readers.mayOpen(address));
    const limited = new Readers({ most: 1, loopback: true }, () => 0);
    taken(limited, address);
    assert.match(refusal(limited, address), /reader-runs/);
  }
});

test('more addresses than there is memory for are forgotten, and none that has something', () => {
  const readers = new Readers({ most: 1, loopback: true }, () => 0);
  taken(readers, ANN);
  for (let index = 0; index < 30_000; index++) {
    taken(readers, `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)();
  }
  assert.equal(readers.size, 10_000);
  assert.match(refusal(readers, ANN), /reader-runs/);
});
