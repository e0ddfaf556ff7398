/** A client that says whatever bytes it is told to, and reads only if it is told to. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';

/** A connection to a port of this computer, opened. */
export async function connectTo(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** An HTTP request, with the headers given. */
export function request(target: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { Host: 'localhost', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** The headers that ask for a WebSocket, of a page of the server on this port. */
export function upgradeHeaders(port: number): Record<string, string> {
  return {
    Host: `127.0.0.1:${port}`,
    Origin: `http://127.0.0.1:${port}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  };
}

/** Sends a request on a connection of its own, and reads until the server is done with it. */
export async function ask(port: number, text: string): Promise<string> {
  const socket = await connectTo(port);
  let answer = '';
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
  socket.once('end', () => socket.end());
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

/** A frame of a WebSocket as a client sends it, masked with zeros: RFC 6455, 5.2. */
export function frame(opcode: number, payload: Uint8Array, final = true): Buffer {
  const { length } = payload;
  const first = (final ? 0x80 : 0) | opcode;
  const head =
    length < 126
      ? [first, 0x80 | length]
      : [first, 0x80 | 126, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}
