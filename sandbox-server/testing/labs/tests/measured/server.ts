/** Echoes to five clients and turns others away. It also tries to have its say where only what measures has one. */
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LIE = { type: 'measure', state: 'skipped', series: 'lie', why: 'I say so.' };
const feeds = `/proc/${process.ppid}/fd`;
try {
  for (const fd of readdirSync(feeds)) {
    try {
      writeFileSync(`${feeds}/${fd}`, `${JSON.stringify(LIE)}\n`);
    } catch {}
  }
} catch {}
let clients = 0;
const server = createServer((socket) => {
  socket.on('error', () => {});
  if (clients === 5) {
    socket.end();
    return;
  }
  clients += 1;
  socket.pipe(socket);
});
server.listen(9877, '127.0.0.1', () => console.log('Listening'));
