/**
 * A client of a lab, inside the sandbox: connects to the server, sends what is typed, shows what
 * comes back. Ctrl-D shuts down the sending half only (shutdown(2), SHUT_WR), as `nc -N` does.
 * Usage: client.ts PORT [ADDRESS]
 */
import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import {
  CLIENT_FEED_VARIABLE,
  clientLineRecordLine,
  clientRecordLine,
  type ClientState,
} from '../../protocol/client-feed.ts';
import { RECEIVED } from '../../protocol/received.ts';
import { LineEditor } from './line-editor.ts';
import { LineRecords } from './line-records.ts';
import { withPictures } from './pictures.ts';

const DIM = '\u001b[2m';
const NOT_DIM = '\u001b[22m';
const NEWLINE = 0x0a;

function note(text: string): void {
  process.stdout.write(`${DIM}${text}${NOT_DIM}\n`);
}

/** Tells the server, and through it the page, what no text in a terminal can be mistaken for. */
function tell(state: ClientState): void {
  writeFeed(clientRecordLine(state));
}

function writeFeed(line: string): void {
  const feed = process.env[CLIENT_FEED_VARIABLE];
  if (feed === undefined) return;
  try {
    writeSync(Number(feed), line);
  } catch {
    // Nobody listens any more. The connection goes on.
  }
}

/** Since when performance.now() counts, as it is known now: this process may have waited for hours to be a client. */
const CLOCK = Date.now() - performance.now();

function now(): number {
  return CLOCK + performance.now();
}

const port = Number(process.argv[2]);
const host = process.argv[3] ?? '127.0.0.1';
let sent = 0;
let received = 0;
/** Whether what was sent or received last left the cursor within a line. */
let withinLine = false;
const editor = new LineEditor();
const lines = new LineRecords((way, bytes, time) => {
  writeFeed(clientLineRecordLine(way, bytes, time));
});
/** The marks around what was received stand between characters: one that is cut waits for its end. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function noteOnItsOwnLine(text: string): void {
  if (withinLine || editor.withinLine) process.stdout.write('\n');
  withinLine = false;
  note(text);
}

const socket = connect({ host, port, allowHalfOpen: true });

socket.on('connect', () => {
  socket.setNoDelay(true);
  note(`Connected to ${host.includes(':') ? `[${host}]` : host}:${port}`);
  tell('connected');
  process.stdin.on('data', (keys: Buffer) => {
    const { echo, sent: bytes, ended } = editor.take(keys);
    process.stdout.write(echo);
    if (bytes.length > 0) send(bytes);
    if (ended) endInput();
  });
  process.stdin.on('end', endInput);
});

function send(bytes: Uint8Array): void {
  sent += bytes.length;
  lines.take('sent', bytes, now());
  withinLine = bytes.at(-1) !== NEWLINE;
  if (socket.write(bytes)) return;
  process.stdin.pause();
  socket.once('drain', () => process.stdin.resume());
}

function endInput(): void {
  // What is typed from here on is for nobody.
  process.stdin.removeAllListeners('data').off('end', endInput).resume();
  noteOnItsOwnLine('You closed your side.');
  tell('half-closed');
  socket.end();
}

socket.on('data', (bytes: Buffer) => {
  received += bytes.length;
  lines.take('received', bytes, now());
  withinLine = bytes.at(-1) !== NEWLINE;
  showReceived(decoder.decode(bytes, { stream: true }));
});

function showReceived(text: string): void {
  // Writing to a terminal blocks until it is taken, so a slow reader slows the server too.
  if (text !== '') process.stdout.write(RECEIVED.start + withPictures(text) + RECEIVED.end);
}

socket.on('end', () => {
  lines.end();
  showReceived(decoder.decode());
  noteOnItsOwnLine('The server closed the connection.');
  // On a line of its own: together they are longer than a narrow terminal is wide.
  note(`${sent} bytes sent, ${received} received.`);
  process.exit(0);
});

socket.on('error', (error: NodeJS.ErrnoException) => {
  lines.end();
  const refused = error.code === 'ECONNREFUSED';
  noteOnItsOwnLine(
    refused
      ? `Connection refused: nothing listens on port ${port}.`
      : error.code === 'ECONNRESET'
        ? 'The connection was reset.'
        : error.message,
  );
  process.exit(1);
});
