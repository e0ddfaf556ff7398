// A server that says every line twice: as it came, and in capitals.
//
//   server.ts [port]      the port is 9876 if none is given
//
// An answer is written into memory of the program's own, and the output only refers to it:
// Evbuffer.addReference() is libevent's evbuffer_add_reference(). Not one byte of it is copied.

import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVBUFFER_EOL_LF,
  EV_READ,
  EV_WRITE,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
} from 'libevent-ts';
import type { Evbuffer } from 'libevent-ts';

const MAX_LINE = 4096;
const NEWLINE = 0x0a;

function capital(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte; // a to z
}

// #region change
// Places for answers that nobody needs now.
const unused: Uint8Array[] = [];

// All that was in this place is sent, or never will be: it can be written again.
function doneCb(_data: Uint8Array, _length: number, place: Uint8Array): void {
  unused.push(place);
}

// Says a line. Its bytes stay in their place until they are sent.
function say(output: Evbuffer, line: Uint8Array): void {
  const place = unused.pop() ?? new Uint8Array(MAX_LINE + 1);
  place.set(line);
  place[line.length] = NEWLINE;
  output.addReference(place.subarray(0, line.length + 1), doneCb, place);
}
// #endregion

function readCb(bev: Bufferevent): void {
  const input = bev.getInput();
  const output = bev.getOutput();
  for (;;) {
    const line = input.readln(EVBUFFER_EOL_LF)?.subarray(0, MAX_LINE);
    if (line === undefined) return;
    say(output, line);
    say(output, line.map(capital));
  }
}

function lastWriteCb(bev: Bufferevent): void {
  bev.free();
}

function eventCb(bev: Bufferevent, events: number): void {
  if (events & BEV_EVENT_EOF && bev.getOutput().getLength() > 0) {
    bev.setCb(null, lastWriteCb, eventCb, null);
  } else if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
    bev.free();
  }
}

function acceptCb(listener: Evconnlistener<null>, fd: number): void {
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readCb, null, eventCb, null);
  bev.enable(EV_READ | EV_WRITE);
}

function run(port: number): void {
  using base = new EventBase();
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using listener = Evconnlistener.newBind(base, acceptCb, null, flags, -1, address);
  console.log(`Listening on port ${port}`);
  listener.getBase().dispatch();
}

run(Number(process.argv[2] ?? 9876));
