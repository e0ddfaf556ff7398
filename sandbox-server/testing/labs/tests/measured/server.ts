/** Echoes to five clients and turns others away. It also tries to have its say where only what measures has one. */
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LIE = { type: 'measure', state: 'skipped', series: 'lie', why: 'I say so.' };
const FIGURES = { connected: 9, answers: 1e9, middle: 0, slow: 0, slowest: 0 };
lie(process.ppid, LIE);

function lie(pid: number | string, about: object): void {
  const feeds = `/proc/${pid}/fd`;
  try {
    for (const fd of readdirSync(feeds)) {
      try {
        writeFileSync(`${feeds}/${fd}`, `${JSON.stringify(about)}\n`);
      } catch {}
    }
  } catch {}
}

/** What makes the clients is another process, which tells of them to the one that measures. */
function lieOfClients(): void {
  for (const pid of readdirSync('/proc')) {
    if (/^\d+$/.test(pid) && Number(pid) !== process.pid) lie(pid, { state: 'done', ...FIGURES });
  }
}

let clients = 0;
const server = createServer((socket) => {
  socket.on('error', () => {});
  if (clients === 5) {
    socket.end();
    return;
  }
  clients += 1;
  if (clients === 1) lieOfClients();
  socket.pipe(socket);
});
server.listen(9877, '127.0.0.1', () => console.log('Listening'));
