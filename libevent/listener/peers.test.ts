import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { EventBase } from '../event/event_base.ts';
import { formatAddress } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { close, read } from '../sys/descriptor.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { PATIENCE } from '../testing/patience.ts';
import { LOOPBACK, portOf, put } from '../testing/sockets.ts';
import { Evconnlistener } from './evconnlistener.ts';
import { LEV_OPT_CLOSE_ON_FREE, LEV_OPT_LEAVE_SOCKETS_BLOCKING } from './listening_socket.ts';

checkDescriptors();

/** Runs a program beside a loop. Returns what it printed. */
async function client(
  base: EventBase,
  command: string,
  args: readonly string[],
  input: string,
): Promise<string> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], timeout: PATIENCE });
  const output = text(child.stdout);
  const exit = once(child, 'exit');
  child.stdin.end(input);
  while (child.exitCode === null && child.signalCode === null) {
    pass(base);
    await setImmediate();
  }
  assert.deepEqual(await exit, [0, null]);
  return output;
}

/** Reads what a client sends until what it said is complete, and answers it. */
function answer(
  fd: number,
  isComplete: (said: string) => boolean,
  reply: (said: string) => string,
): void {
  const bytes = Buffer.alloc(65536);
  let said = '';
  for (let count = 1; count > 0 && !isComplete(said);) {
    count = read(fd, bytes);
    said += bytes.toString('latin1', 0, Math.max(0, count));
  }
  put(fd, reply(said));
  close(fd);
}

const FLAGS = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_LEAVE_SOCKETS_BLOCKING;

onEachBackend((makeBase) => {
  /** A listener that sends back in capitals what a client says. */
  function shouter(base: EventBase, address: SocketAddress): Evconnlistener<SocketAddress[]> {
    const shout = (said: string): string => said.toUpperCase();
    return Evconnlistener.newBind<SocketAddress[]>(
      base,
      (_listener, fd, peer, peers) => {
        peers.push(peer);
        answer(fd, (said) => said.endsWith('\n'), shout);
      },
      [],
      FLAGS,
      -1,
      address,
    );
  }

  test('nc, four of them at once', async () => {
    using base = makeBase();
    using listener = shouter(base, LOOPBACK);
    const args = ['-N', '127.0.0.1', String(portOf(listener.getFd()))];
    const words = ['one', 'two', 'three', 'four'];
    const replies = await Promise.all(words.map((word) => client(base, 'nc', args, `${word}\n`)));
    assert.deepEqual(replies, ['ONE\n', 'TWO\n', 'THREE\n', 'FOUR\n']);
  });

  test('socat over IPv6', async () => {
    using base = makeBase();
    using listener = shouter(base, { family: 'IPv6', address: '::1', port: 0 });
    const target = `TCP6:[::1]:${String(portOf(listener.getFd()))}`;
    assert.equal(await client(base, 'socat', ['-', target], 'six\n'), 'SIX\n');
  });

  test('L47 socat over a path of the file system', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'evconnlistener-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'socket');
    using base = makeBase();
    using listener = shouter(base, { family: 'Unix', path });
    assert.equal(
      await client(listener.getBase(), 'socat', ['-', `UNIX-CONNECT:${path}`], 'path\n'),
      'PATH\n',
    );
  });

  test('L48 socat over an abstract name', async () => {
    const name = `libevent-ts-${String(process.pid)}`;
    using base = makeBase();
    using listener = shouter(base, { family: 'Unix', path: `\0${name}` });
    const target = `ABSTRACT-CONNECT:${name}`;
    assert.equal(
      await client(listener.getBase(), 'socat', ['-', target], 'abstract\n'),
      'ABSTRACT\n',
    );
  });

  test('curl', async () => {
    using base = makeBase();
    using listener = Evconnlistener.newBind(
      base,
      (_listener, fd, peer) =>
        answer(
          fd,
          (said) => said.endsWith('\r\n\r\n'),
          (said) =>
            `HTTP/1.0 200 OK\r\n\r\n${said.split(' ')[1] ?? ''} for ${formatAddress(peer).split(':')[0] ?? ''}\n`,
        ),
      null,
      FLAGS,
      -1,
      LOOPBACK,
    );
    const url = `http://127.0.0.1:${String(portOf(listener.getFd()))}/page`;
    assert.equal(
      await client(base, 'curl', ['-s', '--noproxy', '*', url], ''),
      '/page for 127.0.0.1\n',
    );
  });
});

/** A program with one listener and a client or two; the first accept4(2) is tampered with by strace(1). */
const PROGRAM = `
  import { EventBase, EVLOOP_NONBLOCK, EVLOOP_ONCE, Evconnlistener, EVUTIL_SOCKET_ERROR } from '../index.ts';
  import { errnoName } from '../sys/errno.ts';
  import { read } from '../sys/descriptor.ts';
  import { connectTo, LOOPBACK, portOf } from '../testing/sockets.ts';
  const base = new EventBase();
  const said = [];
  const listener = Evconnlistener.newBind(
    base, (listener) => { said.push('accepted'); listener.disable(); }, null, 0, -1, LOOPBACK);
  const client = connectTo(portOf(listener.getFd()));
  listener.setErrorCb(() => {
    const name = errnoName(EVUTIL_SOCKET_ERROR());
    said.push(name);
    if (name !== 'EAFNOSUPPORT') return;
    // Reading ends at once only if the connection was closed.
    if (read(client, Buffer.alloc(1)) === 0) said.push('closed');
    connectTo(portOf(listener.getFd()));
  });
  base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
  said.push('pass');
  base.dispatch();
  console.log(said.join(' '));
`;

/** Runs the program with strace(1) doing something to the first accept4(2). Returns what it said. */
function withFirstAccept(inject: string): string {
  const { stdout, stderr } = spawnSync(
    'strace',
    [
      ...['-f', '-o', '/dev/null', '-e', 'trace=accept4', '-e', `inject=accept4:${inject}:when=1`],
      ...[process.execPath, '--input-type=module', '--eval', PROGRAM],
    ],
    { cwd: import.meta.dirname, encoding: 'utf8', timeout: PATIENCE, killSignal: 'SIGKILL' },
  );
  assert.equal(stderr, '');
  return stdout;
}

for (const [error, expected] of [
  ['EINTR', 'pass accepted'],
  ['ECONNABORTED', 'pass accepted'],
  ['ENFILE', 'ENFILE pass accepted'],
  ['ENOBUFS', 'ENOBUFS pass accepted'],
  ['ENOMEM', 'ENOMEM pass accepted'],
  ['EPERM', 'EPERM pass accepted'],
] as const) {
  test(`L40 L41 L46 an accept4 that fails with ${error}: ${expected}`, () => {
    assert.equal(withFirstAccept(`error=${error}`), `${expected}\n`);
  });
}

test('L40 a peer with an address of no family known here is closed, and reported as EAFNOSUPPORT', () => {
  // The family that accept4(2) tells becomes 40, AF_VSOCK.
  assert.equal(withFirstAccept('poke_exit=@arg2=2800'), 'EAFNOSUPPORT closed pass accepted\n');
});
