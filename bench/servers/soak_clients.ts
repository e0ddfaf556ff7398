/**
 * Many clients of an echo server, on Node's own sockets: most of them idle, some busy with random
 * bytes in random pieces, half-closing and connecting again. Every byte that comes back is compared.
 * Usage: soak_clients.ts PORT SECONDS IDLE BUSY. Prints what was counted, as JSON; a byte that is wrong or
 * missing is an error.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

const MILLISECONDS = 1000;
/** Connections that are being made at once: fewer than the listener's backlog. */
const AT_ONCE = 64;
const MOST_BYTES = 40_000;
const MOST_BURSTS = 20;

const [port = 0, seconds = 0, idle = 0, busy = 0] = process.argv.slice(2).map(Number);
const end = Date.now() + seconds * MILLISECONDS;
const counted = { idle: 0, busy, connections: 0, bytes: 0 };

async function open(): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  counted.connections++;
  return socket;
}

/** Waits for exactly these bytes. */
async function expectBytes(socket: Socket, wanted: Buffer): Promise<void> {
  for (let got = 0; got < wanted.length;) {
    const most = Math.min(wanted.length - got, socket.readableLength);
    const chunk: unknown = most > 0 ? socket.read(most) : null;
    if (!Buffer.isBuffer(chunk)) {
      if (socket.readableEnded || socket.destroyed) {
        throw new Error(`${String(wanted.length - got)} bytes were lost`);
      }
      await once(socket, 'readable');
      continue;
    }
    if (!chunk.equals(wanted.subarray(got, got + chunk.length))) throw new Error('a byte is wrong');
    got += chunk.length;
    counted.bytes += chunk.length;
  }
}

async function talk(socket: Socket): Promise<void> {
  for (let burst = randomInt(1, MOST_BURSTS); burst > 0; burst--) {
    const bytes = randomBytes(randomInt(1, MOST_BYTES));
    for (let at = 0; at < bytes.length;) {
      const next = at + randomInt(1, MOST_BYTES);
      socket.write(bytes.subarray(at, next));
      at = next;
    }
    // The last burst is followed at once by the end of the stream: what is owed must come all the same.
    if (burst === 1) socket.end();
    await expectBytes(socket, bytes);
  }
  socket.resume();
  await once(socket, 'end');
}

async function beBusy(): Promise<void> {
  while (Date.now() < end) await talk(await open());
}

const waiting: Socket[] = [];
while (waiting.length < idle) {
  const more = Math.min(AT_ONCE, idle - waiting.length);
  waiting.push(...(await Promise.all(Array.from({ length: more }, open))));
}
await Promise.all(Array.from({ length: busy }, beBusy));
for (const socket of waiting) {
  const last = Buffer.from(`${String(counted.idle)} is still here\n`);
  socket.end(last);
  await expectBytes(socket, last);
  counted.idle++;
}
console.log(JSON.stringify(counted));
process.exit(0);
