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
const MOST_WAITING = 1024 * 1024;

// What the server remembers of one connection.
class Client {
  readonly bev: Bufferevent;
  name: string | null = null;
  isHere = true;

  constructor(bev: Bufferevent) {
    this.bev = bev;
  }
}

// Everybody who has a name, by that name.
const members = new Map<string, Client>();

// Sends a client a line, or drops it if too much waits for it.
function send(client: Client, line: string): void {
  sendLine(client.bev, line);
  if (client.bev.getOutput().getLength() <= MOST_WAITING) return;
  leave(client);
  closeNow(client.bev);
}

// Sends a line to everybody who has a name, except one.
function tellOthers(client: Client, line: string): void {
  for (const member of members.values()) {
    if (member !== client) send(member, line);
  }
}

// A client is no longer part of the chat. Its connection may still have something to send.
function leave(client: Client): void {
  client.isHere = false;
  if (client.name === null) return;
  members.delete(client.name);
  tellOthers(client, `* ${client.name} has left.`);
}

function giveName(client: Client, name: string): void {
  if (name === '' || members.has(name)) {
    send(client, 'Another name, please.');
    return;
  }
  send(client, `Welcome, ${name}.`);
  if (!client.isHere) return;
  client.name = name;
  members.set(name, client);
  tellOthers(client, `* ${name} has come.`);
}

function readCb(bev: Bufferevent, client: Client): void {
  // A line of its own may get it dropped, and then its bufferevent is gone, too.
  while (client.isHere) {
    const line = takeLine(bev);
    if (line === null) return;
    if (client.name === null) giveName(client, line);
    else tellOthers(client, `${client.name}: ${line}`);
  }
}

function eventCb(bev: Bufferevent, events: number, client: Client): void {
  if ((events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) === 0) return;
  leave(client);
  if (events & BEV_EVENT_ERROR) closeNow(bev);
  else closeWhenSent(bev);
}

function acceptCb(listener: Evconnlistener<null>, fd: number): void {
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  const client = new Client(bev);
  bev.setCb(readCb, null, eventCb, client);
  bev.enable(EV_READ | EV_WRITE);
  send(client, 'Your name?');
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
