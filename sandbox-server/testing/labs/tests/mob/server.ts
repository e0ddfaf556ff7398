/** Answers each connection in another way: with a flood, a reset, an end, half a line, or nothing. */
import { createServer, type Socket } from 'node:net';

const NOISE = Buffer.alloc(256 * 1024, 'thousands of lines\n{"type":"crowd"}\n\0\xff');

function flood(socket: Socket): void {
  while (socket.write(NOISE));
  socket.on('drain', () => flood(socket.removeAllListeners('drain')));
}
const answers: ((socket: Socket) => void)[] = [
  (socket) => socket.pipe(socket),
  (socket) => socket.destroy(),
  (socket) => socket.once('data', () => socket.resetAndDestroy()),
  (socket) => socket.end(NOISE),
  (socket) => socket.write('half a line'),
  () => {},
];
let number = 0;
const server = createServer((socket) => {
  socket.on('error', () => {});
  // The second is the first of the crowd.
  if (number === 1) flood(socket);
  else answers[number % answers.length]?.(socket);
  number += 1;
});
server.listen(9876, '127.0.0.1', () => console.log('Listening'));
