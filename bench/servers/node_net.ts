/** Servers on node:net: echo or accept. With --expose-gc it collects. */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

/** How often garbage is collected when memory is measured, in milliseconds. */
const COLLECT_EVERY = 200;

function echo(socket: Socket): void {
  socket.on('data', (data) => socket.write(data));
  socket.on('error', () => socket.destroy());
}

const server = createServer(process.argv[2] === 'echo' ? echo : (socket) => socket.destroy());
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') console.log(`port ${address.port} epoll`);
});
const { gc } = globalThis;
if (gc !== undefined) {
  setInterval(() => {
    gc();
  }, COLLECT_EVERY);
}
