import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MEMORY_FLOOR, SESSION_MEMORY } from '../capacity.ts';
import {
  Stock,
  WARM_MEMORY,
  roomInMemory,
  usualStock,
  type StockSetting,
  type Stocked,
} from './stock.ts';

const GiB = 1024 ** 3;

/** One whose opening and closing the test decides on. */
class Kept implements Stocked {
  isReady = true;
  isClosed = false;
  readonly closing = Promise.withResolvers<void>();

  close(): Promise<void> {
    this.isClosed = true;
    return this.closing.promise;
  }
}

/** A stock on a computer of the test’s. Time passes when the test says so. */
class Bench implements AsyncDisposable {
  readonly made: Kept[] = [];
  readonly failures: string[] = [];
  places = 10;
  memory = 10;
  /** How often the stock has asked for it. */
  asked = 0;
  now = 0;
  /** What the computer says to the next one. */
  refusal: string | undefined;
  readonly stock: Stock<Kept>;

  constructor(wanted: number) {
    const setting: StockSetting<Kept> = {
      wanted,
      open: (signal) => this.#open(signal),
      places: () => this.places,
      memory: () => {
        this.asked += 1;
        return this.memory;
      },
      failed: (message) => this.failures.push(message),
      mistake: assert.ifError,
    };
    this.stock = new Stock(setting, () => this.now);
  }

  #open(signal: AbortSignal): Promise<Kept> {
    signal.throwIfAborted();
    if (this.refusal !== undefined) return Promise.reject(new Error(this.refusal));
    const kept = new Kept();
    this.made.push(kept);
    return Promise.resolve(kept);
  }

  /** Lets so much time pass, and the stock look, until it has nothing more to do. */
  async pass(milliseconds = 0): Promise<void> {
    this.now += milliseconds;
    for (let look = 0; look < 20; look++) {
      this.stock.look();
      await new Promise(setImmediate);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { closing } of this.made) closing.resolve();
    await this.stock.close();
  }
}

test('where sessions begin all the time, it is filled again all the same', async () => {
  await using bench = new Bench(1);
  await bench.pass();
  const { stock } = bench;
  for (let start = 0; start < 8; start++) {
    stock.take();
    stock.take();
    await bench.pass(500);
  }
  assert.deepEqual(stock.taken, { warm: 2, cold: 14 });
});

test('where it is enough for all who begin, everybody has one', async () => {
  await using bench = new Bench(1);
  await bench.pass();
  const { stock } = bench;
  for (let start = 0; start < 8; start++) {
    stock.take();
    await bench.pass(500);
  }
  assert.deepEqual(stock.taken, { warm: 8, cold: 0 });
});

test('it is filled, and filled again once it has been quiet for a while', async () => {
  await using bench = new Bench(2);
  await bench.pass();
  assert.equal(bench.stock.size, 2);
  const taken = bench.stock.take();
  assert.equal(taken, bench.made[0]);
  await bench.pass(200);
  assert.equal(bench.stock.size, 1);
  await bench.pass(100);
  assert.equal(bench.stock.size, 2);
  // The third has to start all that the others found there.
  for (let start = 0; start < 3; start++) bench.stock.take();
  await bench.pass(900);
  assert.equal(bench.stock.size, 0);
  await bench.pass(200);
  assert.equal(bench.stock.size, 2);
});

test('what is taken is nobody else’s, nor the stock’s to end', async () => {
  const bench = new Bench(2);
  await bench.pass();
  const taken = [bench.stock.take(), bench.stock.take(), bench.stock.take()];
  assert.equal(new Set(taken).size, 3);
  assert.equal(taken[2], undefined);
  assert.deepEqual(bench.stock.taken, { warm: 2, cold: 1 });
  await bench[Symbol.asyncDispose]();
  assert.ok(bench.made.every(({ isClosed }) => !isClosed));
});

test('what has died is thrown away, whether somebody wants it or not', async () => {
  await using bench = new Bench(2);
  await bench.pass();
  const [first, second] = bench.made;
  assert.ok(first && second);
  first.isReady = false;
  assert.equal(bench.stock.take(), second);
  assert.ok(first.isClosed);
  first.closing.resolve();
  await bench.pass(2000);
  const [, , third] = bench.made;
  assert.ok(third);
  third.isReady = false;
  await bench.pass();
  assert.ok(third.isClosed && !bench.made[3]?.isClosed);
});

test('it gives way to readers who want the places', async () => {
  await using bench = new Bench(3);
  bench.places = 2;
  await bench.pass();
  assert.equal(bench.stock.size, 2);
  bench.places = 0;
  bench.asked = 0;
  await bench.pass();
  assert.equal(bench.stock.size, 0);
  assert.ok(bench.made.every(({ isClosed }) => isClosed));
  // It may not be possible: there is no place where no descriptor is left.
  assert.equal(bench.asked, 0);
});

test('it gives memory back, and takes none until that is back', async () => {
  await using bench = new Bench(3);
  await bench.pass();
  assert.equal(bench.stock.size, 3);
  bench.memory = -2;
  bench.stock.look();
  assert.equal(bench.stock.size, 1);
  bench.memory = 5;
  await bench.pass();
  assert.equal(bench.stock.size, 1);
  for (const { closing } of bench.made.slice(0, 2)) closing.resolve();
  await bench.pass();
  assert.equal(bench.stock.size, 3);
});

test('a computer that won’t have one is asked less and less often, and its operator told once', async () => {
  await using bench = new Bench(1);
  bench.refusal = 'no user namespaces left';
  await bench.pass();
  for (let tried = 0; tried < 10; tried++) await bench.pass(500);
  assert.deepEqual(bench.failures, ['no user namespaces left']);
  bench.refusal = undefined;
  await bench.pass(60_000);
  assert.equal(bench.stock.size, 1);
});

test('when it is closed nothing of it is left, not even what was being made', async () => {
  const bench = new Bench(2);
  bench.stock.look();
  assert.equal(bench.stock.size, 0);
  const closed = bench.stock.close();
  await new Promise(setImmediate);
  assert.deepEqual(
    bench.made.map(({ isClosed }) => isClosed),
    [true],
  );
  let isOver = false;
  void closed.then(() => (isOver = true));
  await new Promise(setImmediate);
  assert.ok(!isOver);
  bench.made[0]?.closing.resolve();
  await closed;
  await bench.pass();
  assert.equal(bench.made.length, 1);
});

test('none are wanted: none are made', async () => {
  await using bench = new Bench(0);
  await bench.pass();
  assert.equal(bench.made.length, 0);
});

test('how many are kept follows the computer, and how many more what is free', () => {
  assert.equal(usualStock(2, 24 * GiB), 2);
  assert.equal(usualStock(64, 256 * GiB), 8);
  assert.equal(usualStock(4, 1 * GiB), 0);
  const enough = MEMORY_FLOOR + SESSION_MEMORY;
  assert.equal(roomInMemory(enough + 2 * WARM_MEMORY), 2);
  assert.equal(roomInMemory(enough), 0);
  assert.ok(roomInMemory(MEMORY_FLOOR) < 0);
});
