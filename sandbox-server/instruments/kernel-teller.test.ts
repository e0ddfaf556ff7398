import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import {
  parseServerMessage,
  type ServerMessage,
  type Unnumbered,
} from '../../protocol/messages.ts';
import type { Holder, KernelQuestion, KernelReading } from './kernel-reader.ts';
import { KernelTeller } from './kernel-teller.ts';

const NOTHING: KernelReading = { connections: [], listeners: [], longestQueue: 4096 };

/** A view whose readings are the test’s, and a page that takes messages only when it is told to. */
function view() {
  const asked: (KernelQuestion | undefined)[] = [];
  const messages: Extract<Unnumbered<ServerMessage>, { type: 'kernel' }>[] = [];
  const page = { takes: true };
  let show: (reading: KernelReading) => void = () => assert.fail('nobody asked');
  let closed = false;
  const own = new KernelTeller(
    9876,
    {
      kernel: (shows) => {
        show = shows;
        return { ask: (question) => asked.push(question), close: () => void (closed = true) };
      },
    },
    (message) => {
      if (page.takes && message.type === 'kernel') {
        parseServerMessage(JSON.stringify({ ...message, seq: 0 }));
        messages.push(message);
      }
      return page.takes;
    },
  );
  return {
    ...{ own, asked, messages, page },
    show: (reading: KernelReading) => show(reading),
    isClosed: () => closed,
  };
}

function connection(client: string, ...holders: Holder[]): KernelReading['connections'][number] {
  const buffers = { receive: 0, send: 0 };
  return { client, near: buffers, far: buffers, accepted: true, holders };
}

suite('the view of what the kernel holds', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  test('is of whoever runs, while somebody looks', () => {
    const { asked, own } = view();
    own.started(1, 'server', 'server', 100);
    own.started(2, 'alice', 'client', 200);
    const programs = [{ process: 1, wrapper: 100 }];
    const clients = [{ name: 'alice', wrapper: 200 }];
    assert.deepEqual(asked.at(-1), { port: 9876, programs, clients });
    own.watch(false);
    assert.equal(asked.at(-1), undefined);
    own.ended(2);
    assert.equal(asked.at(-1), undefined);
    own.watch(true);
    assert.deepEqual(asked.at(-1), { port: 9876, programs, clients: [] });
    own.ended(1);
    assert.equal(asked.at(-1), undefined);
  });

  test('is told a page once, and a page that was behind as it is then', () => {
    const { messages, own, page, show } = view();
    show(NOTHING);
    show(NOTHING);
    assert.equal(messages.length, 1);
    page.takes = false;
    show({ ...NOTHING, connections: [connection('alice')] });
    show({ ...NOTHING, connections: [connection('bob')] });
    mock.timers.tick(1000);
    page.takes = true;
    mock.timers.tick(1000);
    assert.equal(messages.length, 2);
    assert.equal(messages[1]?.connections[0]?.client, 'bob');
    page.takes = false;
    show(NOTHING);
    own.close();
    page.takes = true;
    mock.timers.tick(1000);
    assert.equal(messages.length, 2);
  });

  test('knows how many may wait, once a program has said so', () => {
    const { messages, own, show } = view();
    const holders = [{ process: 1, pid: 2, fd: 21 }];
    show({ ...NOTHING, listeners: [{ port: 9876, waiting: 1, holders }] });
    const most = (backlog: number): number | undefined => {
      own.listens(1, 2, 21, backlog);
      return messages.at(-1)?.listeners[0]?.most;
    };
    assert.deepEqual(messages[0]?.listeners, [{ port: 9876, waiting: 1 }]);
    // One more than is asked for, and a negative number is a large one: listen(2).
    assert.deepEqual([1, 0, 5000, -1].map(most), [2, 1, 4097, 4097]);
    // However many a program claims to have, the last ones are known.
    for (let fd = 100; fd < 10_000; fd++) own.listens(1, 2, fd, 7);
    const last = [{ process: 1, pid: 2, fd: 9999 }];
    show({ ...NOTHING, listeners: [{ port: 1, waiting: 0, holders: last }] });
    assert.equal(messages.at(-1)?.listeners[0]?.most, 8);
  });

  test('says whose a process is: the only one beside its parent to have the connection', () => {
    const { own, show } = view();
    const by = (process: number, pid: number): Holder => ({ process, pid, fd: 22 });
    const children = [3, 4, 5].map((pid) => ({ pid, parent: 2 }));
    const clients = (): (string | undefined)[] => children.map((each) => own.clientOf(1, each));
    assert.deepEqual(clients(), [undefined, undefined, undefined]);
    show({
      ...NOTHING,
      connections: [
        connection('alice', by(1, 3)),
        connection('bob', by(1, 2), by(1, 4)),
        connection('carol', by(1, 2), by(1, 4), by(1, 5)),
      ],
    });
    assert.deepEqual(clients(), ['alice', 'bob', undefined]);
    assert.equal(own.clientOf(9, { pid: 3, parent: 2 }), undefined);
    // The program’s first process has everybody’s.
    show({ ...NOTHING, connections: [connection('alice', by(1, 2))] });
    assert.equal(own.clientOf(1, { pid: 2, parent: 0 }), undefined);
  });
});
