import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { FeedItem } from '../../protocol/feed.ts';
import { parseLab } from '../../lab/definition.ts';
import { GaugeReader } from './gauge-reader.ts';
import { Instruments } from './instruments.ts';
import type { ServerMessage, Unnumbered } from '../../protocol/messages.ts';
import { until } from '../../testing/until.ts';

const LAB = parseLab(
  {
    id: 'measured',
    title: 'A lab with instruments',
    predict: 'What do they show?',
    server: { program: 'server.ts', port: 9876, ready: 'here' },
    clients: [],
    gauges: ['processes', 'calls'],
    showsSelect: true,
    scenario: [{ caption: 'It runs.' }],
  },
  'lab.ts',
  'measured',
);

function select(nfds: number, write: readonly number[] = []): FeedItem {
  return {
    ...{ kind: 'entered', pid: 1, thread: 0, id: 1, name: 'select', args: String(nfds), time: 1 },
    select: { returned: false, nfds, read: [3], write },
  };
}

/** Instruments of this very process, and a page that takes messages only when it is told to. */
async function measured() {
  const reader = await GaugeReader.start();
  const sent: Unnumbered<ServerMessage>[] = [];
  const page = { takes: true, refused: 0 };
  const instruments = new Instruments(LAB, 1, process.pid, reader, {
    passing: (message) => {
      if (page.takes) sent.push(message);
      else page.refused++;
      return page.takes;
    },
  });
  return {
    ...{ instruments, sent, page },
    selects: () => sent.flatMap((message) => (message.type === 'select' ? [message.nfds] : [])),
    gauges: () => sent.flatMap((message) => (message.type === 'gauges' ? [message.figures] : [])),
    async [Symbol.asyncDispose]() {
      instruments.close();
      await reader.close();
    },
  };
}

suite('instruments', () => {
  test('show what the thread has read, and the calls of the feed', async () => {
    await using all = await measured();
    await until('gauges', () => all.gauges().length > 0);
    all.instruments.take({ kind: 'counts', counts: { recv: 5 }, time: Date.now() });
    await until('calls', () => all.gauges().some(({ mostCalled }) => mostCalled?.name === 'recv'));
    assert.ok(all.gauges().every(({ processes }) => processes === undefined || processes >= 1));
  });

  test('send a page that has fallen behind the latest select once it is back, not all', async () => {
    await using all = await measured();
    all.page.takes = false;
    for (let nfds = 1; nfds <= 500; nfds++) all.instruments.take(select(nfds));
    assert.deepEqual(all.selects(), []);
    all.page.takes = true;
    await until('a select', () => all.selects().length > 0);
    assert.deepEqual(all.selects(), [500]);
  });

  test('tell of what was asked about for one round only, once', async () => {
    await using all = await measured();
    const told = (): unknown[] =>
      all.sent.flatMap((each) => (each.type === 'select' ? [[each.nfds, each.was]] : []));
    all.instruments.take(select(4));
    all.instruments.take(select(22, [21]));
    all.instruments.take(select(5));
    await until('two of them', () => all.selects().length === 2);
    all.instruments.take(select(6));
    await until('the last', () => all.selects().length === 3);
    assert.deepEqual(told(), [
      [4, undefined],
      [5, { read: [], write: [21] }],
      [6, undefined],
    ]);
  });

  test('send gauges again that such a page has not had', async () => {
    await using all = await measured();
    all.page.takes = false;
    await until('gauges in vain', () => all.page.refused > 0);
    all.page.takes = true;
    await until('gauges', () => all.gauges().length > 0);
  });
});
