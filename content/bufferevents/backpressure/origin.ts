// The server behind the proxy. It answers the line “small” with one line, and “large” with 128 MB.
//
//   origin.ts [port]      the port is 9877 if none is given
//
// It never holds the large document. It makes 64 KB of it, waits for the write callback to say that they are
// out, and makes the next.

import {
  BEV_EVENT_EOF,
  BEV_EVENT_TIMEOUT,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVBUFFER_EOL_LF,
  EV_READ,
  EV_WRITE,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
  SystemError,
} from 'libevent-ts';

const MB = 1_000_000;
const LARGE = 128 * MB;
const PIECE = Buffer.alloc(64_000, `${'blah '.repeat(12)}lah\n`);
const REPORT_EVERY = 16 * MB;

// #region reply
// What one client has asked for.
class Reply {
  isLarge = false;
  // Bytes of the large document that have left the output.
  sent = 0;
  made = 0;
}

// Makes the next piece if the last one is out.
function makeMore(bev: Bufferevent, reply: Reply): void {
  const output = bev.getOutput();
  if (!reply.isLarge || output.getLength() > 0) return;
  const before = reply.sent;
  reply.sent = reply.made;
  if (Math.floor(before / REPORT_EVERY) < Math.floor(reply.sent / REPORT_EVERY)) {
    console.log(`${reply.sent / MB} MB sent`);
  }
  if (reply.sent === LARGE) {
    console.log('That was all.');
    reply.isLarge = false;
    reply.sent = reply.made = 0;
    return;
  }
  output.add(PIECE);
  reply.made += PIECE.length;
}
// #endregion

function readcb(bev: Bufferevent, reply: Reply): void {
  const output = bev.getOutput();
  for (;;) {
    const line = bev.getInput().readln(EVBUFFER_EOL_LF)?.toString().trim();
    if (line === undefined) break;
    if (line === 'small') output.add('This is the small document.\n');
    else if (line === 'large') reply.isLarge = true;
    else output.add(`There is no “${line}” here: ask for small or large.\n`);
  }
  makeMore(bev, reply);
}

function lastWritecb(bev: Bufferevent): void {
  if (bev.getOutput().getLength() === 0) bev.free();
}

function eventcb(bev: Bufferevent, events: number, reply: Reply): void {
  if (events & BEV_EVENT_TIMEOUT) {
    const sent = (reply.made - bev.getOutput().getLength()) / MB;
    console.log(`After ${sent.toFixed(1)} MB nothing was taken for a second. Waiting …`);
    // A timeout disables what it was for. Waiting is all right here, and once is enough to say so.
    bev.setTimeouts(null, null);
    bev.enable(EV_WRITE);
  } else if (events & BEV_EVENT_EOF && bev.getOutput().getLength() > 0) {
    bev.setCb(null, lastWritecb, eventcb, reply);
  } else {
    bev.free();
  }
}

// #region main
function onAccept(listener: Evconnlistener<null>, fd: number): void {
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readcb, makeMore, eventcb, new Reply());
  bev.setTimeouts(null, 1);
  bev.enable(EV_READ | EV_WRITE);
}

function main(argument = '9877'): number {
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    console.error(`“${argument}” is no port: give a number from 1 to 65535`);
    return 1;
  }
  using base = new EventBase();
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using _listener = Evconnlistener.newBind(base, onAccept, null, flags, -1, address);
  console.log(`Listening on port ${port}`);

  base.dispatch();
  return 0;
}

try {
  process.exitCode = main(process.argv[2]);
} catch (error) {
  if (!(error instanceof SystemError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
