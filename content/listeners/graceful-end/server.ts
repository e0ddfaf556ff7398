// A parrot on a connection listener: the line “3 hello” comes back as three lines “hello”.
//
//   server.ts [port]      the port is 9876 if none is given
//
// Evconnlistener is libevent's evconnlistener, Bufferevent its bufferevent. Ctrl-C is SIGINT: signal(7).

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
  evsignalNew,
} from 'libevent-ts';

const SIGINT = 2;
const MOST = 8 * 1024 * 1024;

// Everybody who is connected.
const connections = new Set<Bufferevent>();

function closeConnection(bev: Bufferevent): void {
  connections.delete(bev);
  bev.free();
}

// The answer to one line, without its end.
function answerTo(line: string): string {
  const [, times, words] = /^(\d{1,7}) (.*)$/.exec(line) ?? [];
  if (times === undefined || words === undefined) return `${line}\n`;
  if (Number(times) * (words.length + 1) > MOST) return 'That is too much to say.\n';
  return `${words}\n`.repeat(Number(times));
}

function readCb(bev: Bufferevent): void {
  const input = bev.getInput();
  for (;;) {
    const line = input.readln(EVBUFFER_EOL_LF);
    if (line === null) return;
    bev.getOutput().add(Buffer.from(answerTo(line.toString('latin1')), 'latin1'));
  }
}

// All that this client was still owed has gone out.
function lastWriteCb(bev: Bufferevent): void {
  closeConnection(bev);
}

function discardCb(bev: Bufferevent): void {
  bev.getInput().drain(bev.getInput().getLength());
}

// Closes a connection as soon as its answers are out. What comes meanwhile is read and thrown away:
// close(2) with something unread resets the connection, and answers on their way are lost.
function finish(bev: Bufferevent): void {
  if (bev.getOutput().getLength() === 0) {
    closeConnection(bev);
    return;
  }
  bev.setCb(discardCb, lastWriteCb, eventCb, null);
}

function eventCb(bev: Bufferevent, events: number): void {
  if (events & BEV_EVENT_ERROR) closeConnection(bev);
  else if (events & BEV_EVENT_EOF) finish(bev);
}

function acceptCb(listener: Evconnlistener<null>, fd: number): void {
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  connections.add(bev);
  bev.setCb(readCb, null, eventCb, null);
  bev.enable(EV_READ | EV_WRITE);
}

// #region change
function run(base: EventBase, listener: Evconnlistener<null>): void {
  const interrupt = evsignalNew(
    base,
    SIGINT,
    () => {
      console.log(`Ctrl-C with ${connections.size} connected`);
      base.loopExit();
    },
    null,
  );
  interrupt.add();

  // Returns when nothing is left to wait for, or after loopExit().
  base.dispatch();
  interrupt.free();
  listener.free();
}
// #endregion

function main(port: number): void {
  using base = new EventBase();
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  const listener = Evconnlistener.newBind(base, acceptCb, null, flags, -1, address);
  console.log(`Listening on port ${port}`);
  run(base, listener);
  console.log('The loop has ended');
}

main(Number(process.argv[2] ?? 9876));
