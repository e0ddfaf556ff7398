import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ROOT } from '../../project.ts';
import { RECEIVED } from '../../protocol/received.ts';
import { until } from '../../testing/until.ts';
import { TerminalProcess } from './terminal-process.ts';

const shown = (text: string) => `${RECEIVED.start}${text}${RECEIVED.end}`;

/** A client on a terminal of its own, and the server’s end of its connection. */
async function connected() {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const accepted = Promise.withResolvers<Socket>();
  server.once('connection', accepted.resolve);
  let printed = '';
  const over = Promise.withResolvers<void>();
  const client = new TerminalProcess(
    {
      file: 'setsid',
      args: [
        ...['-c', process.execPath, '--disable-warning=ExperimentalWarning'],
        ...[join(ROOT, 'sandbox-server/guest/client.ts'), String(address.port)],
      ],
      uid: undefined,
      directory: '/',
      environment: {},
      wrapped: false,
      descriptors: [],
      feed: false,
      editing: 'by-process',
    },
    { cols: 80, rows: 24 },
    { output: (bytes) => (printed += bytes.toString('latin1')), end: () => over.resolve() },
  );
  const connection = await accepted.promise;
  connection.setNoDelay(true);
  server.close();
  const received: Buffer[] = [];
  connection.on('data', (bytes: Buffer) => received.push(bytes));
  return {
    connection,
    type: (text: string) => client.write(Buffer.from(text)),
    got: () => Buffer.concat(received).toString(),
    printed: () => Buffer.from(printed, 'latin1').toString(),
    async [Symbol.asyncDispose]() {
      client.kill();
      await over.promise;
      connection.destroy();
    },
  };
}

suite('a client in its terminal', () => {
  test('puts no marks within a character that comes in two reads', async () => {
    await using client = await connected();
    const [first, ...rest] = Buffer.from('—');
    client.connection.write(Buffer.of(0x61, first ?? 0));
    await until('the first part is shown', () => client.printed().includes('a'));
    client.connection.end(Buffer.from(rest));
    await until('it has ended', () => client.printed().includes('4 received'));
    assert.ok(client.printed().includes(shown('a') + shown('—')), client.printed());
  });

  test('shows what a terminal would carry out, so no server can speak as the client', async () => {
    await using client = await connected();
    const forged = `a${RECEIVED.end}\u001b[2mThe server closed the connection.\u001b[22m\u009b8m\u000e\r\n`;
    client.connection.end(forged);
    await until('it has ended', () => client.printed().includes('bytes sent'));
    const [before, after] = client.printed().split('\u001b[2mThe server closed');
    assert.ok(
      before?.endsWith(shown('a␛[39m␛[2mThe server closed the connection.␛[22m\ufffd8m␎\r\r\n')),
      before,
    );
    assert.ok(after?.startsWith(' the connection.\u001b[22m\r\n'), after);
  });

  test('sends an empty line after é and Backspace', async () => {
    await using client = await connected();
    client.type('é\u007f\n');
    await until('a line has come', () => client.got().endsWith('\n'));
    assert.equal(client.got(), '\n');
  });

  test('sends half a line with Ctrl-D, and ends its side with the next', async () => {
    await using client = await connected();
    client.type('half\u0004');
    await until('it has come', () => client.got() === 'half');
    const ended = once(client.connection, 'end');
    client.type('\u0004');
    await ended;
    await until('it says so', () => client.printed().includes('half\r\n\u001b[2mYou closed your'));
  });

  test('is ended by Ctrl-C, and stopped by neither Ctrl-S nor Ctrl-Z', async () => {
    await using client = await connected();
    client.type('\u0013\u001aon\n');
    await until('the line has come', () => client.got().endsWith('on\n'));
    const gone = once(client.connection, 'close');
    client.connection.on('end', () => client.connection.end());
    client.type('\u0003');
    await gone;
  });
});
