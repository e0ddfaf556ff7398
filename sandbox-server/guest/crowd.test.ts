/** The crowd’s program, without a sandbox: against servers that serve it well, badly or not at all. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, type Writable } from 'node:stream';
import { suite, test } from 'node:test';
import {
  CROWD_FEED_VARIABLE,
  crowdOrderLine,
  type CrowdOrder,
  type CrowdRecord,
  type CrowdState,
} from '../../protocol/crowd-feed.ts';
import { readCrowdRecord } from '../../protocol/crowd.ts';
import { LIMIT } from '../../testing/patience.ts';

const CROWD = join(import.meta.dirname, 'crowd.ts');

/** A crowd whose feed is followed. */
class TestCrowd implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #input: Writable;
  readonly #waiting = new Set<(record: CrowdRecord) => void>();
  /** Why a line could not be read, if one could not. */
  #unread: string | undefined;

  constructor(port: number) {
    const args = ['--disable-warning=ExperimentalWarning', CROWD, String(port)];
    this.#process = spawn(process.execPath, args, {
      stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
      env: { ...process.env, [CROWD_FEED_VARIABLE]: '3' },
    });
    const feed = this.#process.stdio[3];
    const input = this.#process.stdin;
    if (!(feed instanceof Readable) || !input) throw new Error('there is no feed');
    this.#input = input;
    createInterface({ input: feed }).on('line', (line) => {
      const record = readCrowdRecord(line);
      if (record) for (const take of this.#waiting) take(record);
      else this.#unread = line;
    });
  }

  order(order: CrowdOrder): void {
    this.#input.write(crowdOrderLine(order));
  }

  /** Waits until the crowd is so. */
  async is(fits: (state: CrowdState) => boolean): Promise<CrowdState> {
    const { state } = await this.tells(({ state }) => fits(state));
    return state;
  }

  /** Waits until it tells such a thing. */
  async tells(fits: (record: CrowdRecord) => boolean): Promise<CrowdRecord> {
    const { promise, resolve } = Promise.withResolvers<CrowdRecord>();
    const take = (record: CrowdRecord): void => {
      if (fits(record)) resolve(record);
    };
    this.#waiting.add(take);
    const record = await promise;
    this.#waiting.delete(take);
    assert.equal(this.#unread, undefined);
    return record;
  }

  async gone(): Promise<number | null> {
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
    return this.#process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await once(this.#process, 'exit');
    }
  }
}

/** A server, and a crowd for it. */
async function meet(
  serve: (socket: Socket, number: number) => void,
  meets: (crowd: TestCrowd, server: Server) => Promise<void>,
): Promise<void> {
  let number = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    serve(socket, number++);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the server has no port');
  try {
    await using crowd = new TestCrowd(address.port);
    await meets(crowd, server);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

function echo(socket: Socket): void {
  socket.pipe(socket);
}

suite('a crowd', () => {
  test('comes, becomes larger and smaller, and leaves', LIMIT, async () => {
    await meet(echo, async (crowd, server) => {
      crowd.order({ count: 20, talks: false });
      const { sent, closed, line } = await crowd.is(
        ({ connected, line }) => connected === 20 && line !== null,
      );
      assert.deepEqual({ sent, closed }, { sent: 0, closed: 0 });
      assert.ok(line && line.middle > 0 && line.slow >= line.middle);
      crowd.order({ count: 30, talks: true });
      const talked = await crowd.is(({ answered }) => answered >= 30);
      assert.ok(talked.sent >= talked.answered && talked.talks);
      crowd.order({ count: 5, talks: false });
      // Those that were sent away are not counted as closed by the server.
      const fewer = await crowd.is(({ wanted, connected }) => wanted === 5 && connected === 5);
      assert.equal(fewer.closed, 0);
      crowd.order({ count: 0, talks: false });
      assert.equal(await crowd.gone(), 0);
      server.close();
      await once(server, 'close');
    });
  });

  test(
    'counts those that the server turns away, and comes again when it is told',
    LIMIT,
    async () => {
      // The first is the one that measures.
      let room = 11;
      const serve = (socket: Socket, number: number): void => {
        if (number < room) echo(socket);
        else socket.end();
      };
      await meet(serve, async (crowd) => {
        crowd.order({ count: 30, talks: false });
        const state = await crowd.is(({ connected, closed }) => connected + closed === 30);
        assert.deepEqual(
          { connected: state.connected, closed: state.closed },
          { connected: 10, closed: 20 },
        );
        room = Infinity;
        crowd.order({ count: 30, talks: false });
        await crowd.is(({ connected, closed }) => connected === 30 && closed === 0);
      });
    },
  );

  test('says why it could not connect', LIMIT, async () => {
    await meet(echo, async (_, server) => {
      const address = server.address();
      server.close();
      await once(server, 'close');
      await using crowd = new TestCrowd(
        typeof address === 'object' && address ? address.port : NaN,
      );
      crowd.order({ count: 10, talks: true });
      const state = await crowd.is(({ failed }) => failed === 10);
      assert.deepEqual(state.reasons, [{ code: 'ECONNREFUSED', count: 10 }]);
      assert.equal(state.line, null);
    });
  });

  test('of a server that says nothing, tells how long its line has waited', LIMIT, async () => {
    await meet(
      () => {},
      async (crowd) => {
        crowd.order({ count: 10, talks: true });
        const { answered, line } = await crowd.is(({ line }) => (line?.waits ?? 0) > 500);
        assert.equal(answered, 0);
        assert.ok(line && line.slow >= line.waits);
      },
    );
  });

  test('tells which lines have come back by when, and which are under way', LIMIT, async () => {
    let answers = false;
    const kept: (() => void)[] = [];
    const serve = (socket: Socket): void => {
      socket.on('data', (bytes) => {
        if (answers) socket.write(bytes);
        else kept.push(() => socket.write(bytes));
      });
    };
    await meet(serve, async (crowd) => {
      const before = Date.now();
      crowd.order({ count: 5, talks: true });
      const { tally } = await crowd.tells(({ state, tally }) => {
        // Its own line is one of them.
        return state.sent >= 10 && tally.underWay === state.sent + 1;
      });
      assert.equal(tally.lines, 0);
      assert.ok(tally.at >= before && tally.at <= Date.now());
      answers = true;
      for (const answer of kept) answer();
      const later = await crowd.tells(({ tally: { underWay } }) => underWay === 0);
      assert.ok(later.tally.lines >= tally.underWay);
      assert.ok(later.tally.lines >= later.state.sent);
    });
  });

  test('lives through whatever it is answered', LIMIT, async () => {
    const noise = Buffer.alloc(1024 * 1024, 'not a line, or thousands of them\n\0\xff');
    const answers: ((socket: Socket) => void)[] = [
      (socket) => void socket.write(noise),
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      (socket) => void socket.on('data', () => socket.write(noise)),
      (socket) => socket.once('data', () => socket.end(noise)),
      (socket) => socket.destroy(),
      (socket) => void socket.write('half a line'),
      echo,
    ];
    await meet(
      (socket, number) => answers[number % answers.length]?.(socket),
      async (crowd) => {
        crowd.order({ count: 70, talks: true });
        const state = await crowd.is(
          ({ connected, closed, failed, sent }) => connected + closed + failed === 70 && sent > 70,
        );
        assert.ok(state.closed > 0);
        crowd.order({ count: 0, talks: false });
        assert.equal(await crowd.gone(), 0);
      },
    );
  });
});
