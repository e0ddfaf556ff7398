import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SockaddrStorage } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import * as sys from '../sys/socket.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { failure } from '../testing/evconnlistener.ts';
import { pass } from '../testing/loop.ts';
import { Evconnlistener } from './evconnlistener.ts';
import type { EvconnlistenerCallback } from './evconnlistener.ts';
import * as lev from './listening_socket.ts';

checkDescriptors();

onEachBackend((makeBase) => {
  test('L10 L47 L49 a path of the file system', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'evconnlistener-'));
    t.after(() => rmSync(folder, { recursive: true }));
    using base = makeBase();
    const address = { family: 'Unix', path: join(folder, 'socket') } as const;
    const make = (flags: number, callback: EvconnlistenerCallback<null> | null = null) =>
      Evconnlistener.newBind(base, callback, null, flags | lev.LEV_OPT_CLOSE_ON_FREE, -1, address);
    for (const flag of [
      lev.LEV_OPT_REUSEABLE,
      lev.LEV_OPT_REUSEABLE_PORT,
      lev.LEV_OPT_DEFERRED_ACCEPT,
    ]) {
      assert.throws(() => make(flag), failure('EOPNOTSUPP', 'setsockopt'));
    }
    const open: number[] = [];
    const peers: SocketAddress[] = [];
    const listener = make(0, (_lev, fd, peer) => {
      open.push(fd);
      peers.push(peer);
    });
    const keepalive = new Int32Array(1);
    const { SOL_SOCKET, SO_KEEPALIVE } = sys;
    assert.equal(sys.getsockopt(listener.getFd(), SOL_SOCKET, SO_KEEPALIVE, keepalive), 0);
    assert.equal(keepalive[0], 0);
    const client = sys.socket(1, sys.SOCK_STREAM, 0);
    assert.equal(sys.connect(client, address), 0);
    pass(base);
    assert.deepEqual(peers, [{ family: 'Unix', path: '' }]);
    listener.free();
    assert.throws(() => make(0), failure('EADDRINUSE', 'bind'));
    for (const fd of [client, ...open]) close(fd);
  });

  test('L48 an abstract name', () => {
    using base = makeBase();
    const address = { family: 'Unix', path: `\0libevent-ts ${String(process.pid)}` } as const;
    using listener = Evconnlistener.newBind(
      base,
      null,
      null,
      lev.LEV_OPT_CLOSE_ON_FREE,
      -1,
      address,
    );
    const storage = new SockaddrStorage();
    assert.equal(sys.getsockname(listener.getFd(), storage), 0);
    assert.deepEqual(storage.decode(), address);
  });
});
