/** Listens, starts a child that would outlive it, and exits with the code that it is typed. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
  detached: true,
  stdio: 'ignore',
});
const server = createServer((socket) => socket.pipe(socket));
server.listen(9876, '127.0.0.1', () => {
  console.log(`Listening, child ${child.pid !== undefined}`);
});
process.stdin.on('data', (line: Buffer) => process.exit(Number(line.toString())));
