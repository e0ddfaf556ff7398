// A server that sends every line back to the client that it came from. Make a chat of it.
//
//   server.ts [port]      the port is 9876 if none is given
//
// A chat says this, a line each. Here the clients are called Ann and Bob:
//
//   Your name?                     to Ann, when she has connected: her next line is her name
//   Another name, please.          to Ann, if her name is empty, or if somebody else has it
//   Welcome, Ann.                  to Ann, when she has a name
//   * Ann has come.                to everybody else with a name
//   Ann: Hello!                    to everybody else with a name, when Ann has sent “Hello!”
//   * Ann has left.                to everybody else with a name
//
// It drops a client when more than 1,048,576 bytes wait in the output of its bufferevent.

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

// Takes the next line from the input, without its end; null if no line is whole yet. A byte becomes a
// character, so that nothing is lost, whatever it is.
function takeLine(bev: Bufferevent): string | null {
  return bev.getInput().readln(EVBUFFER_EOL_LF)?.toString('latin1') ?? null;
}

function sendLine(bev: Bufferevent, line: string): void {
  bev.getOutput().add(Buffer.from(`${line}\n`, 'latin1'));
}

function closeNow(bev: Bufferevent): void {
  bev.free();
}

// Closes a connection as soon as its output is empty.
function closeWhenSent(bev: Bufferevent): void {
  if (bev.getOutput().getLength() === 0) closeNow(bev);
  else bev.setCb(null, closeNow, closeNow, null);
}

// #region change
// A client has sent something: it gets back every line that is whole.
function readCb(bev: Bufferevent): void {
  for (;;) {
    const line = takeLine(bev);
    if (line === null) return;
    sendLine(bev, line);
  }
}

// A client has ended its side of the connection, or the connection is broken.
function eventCb(bev: Bufferevent, events: number): void {
  if (events & BEV_EVENT_ERROR) closeNow(bev);
  else if (events & BEV_EVENT_EOF) closeWhenSent(bev);
}

function acceptCb(listener: Evconnlistener<null>, fd: number): void {
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readCb, null, eventCb, null);
  bev.enable(EV_READ | EV_WRITE);
}
// #endregion

function run(port: number): void {
  using base = new EventBase();
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using listener = Evconnlistener.newBind(base, acceptCb, null, flags, -1, address);
  console.log(`Listening on port ${port}`);
  listener.getBase().dispatch();
}

run(Number(process.argv[2] ?? 9876));
