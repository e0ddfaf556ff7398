/**
 * Attacks its own clients, which are programs of ours: sends them all that it can, with no line’s end and
 * with characters that look like the clients’ own words.
 * Must hold: the run is ended at its limit of output, and the reader is told.
 */
import { createServer } from 'node:net';
import type { Attack } from './kernel.ts';

const clientFlood: Attack = async () => {
  const block = Buffer.alloc(65536, '\x1b[2KConnected to 127.0.0.1\0\x9b\xff');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    const more = (): void => {
      while (socket.writable && socket.write(block));
    };
    socket.on('drain', more);
    more();
  });
  await new Promise<void>((resolve) => server.listen(9876, '127.0.0.1', resolve));
  return 'listening';
};
export default clientFlood;
