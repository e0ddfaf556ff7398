// An echo server that pauses its listener, or exchanges the listener's callback, when its terminal is
// told to. It begins disabled: clients connect, and nobody accepts them.
//
//   server.ts [port] [--no-callback]      the port is 9876 if none is given
//
// With --no-callback the listener begins enabled, but without a callback.
// The man pages: listen(2), accept4(2), epoll_ctl(2), read(2), tty_ioctl(4).

import { parseArgs } from 'node:util';
import {
  BEV_EVENT_EOF,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVBUFFER_EOL_LF,
  EVLOOP_NO_EXIT_ON_EMPTY,
  EV_PERSIST,
  EV_READ,
  Evbuffer,
  Event,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_DISABLED,
  LEV_OPT_REUSEABLE,
  eventSetLogCallback,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';

// #region connections
function readCb(bev: Bufferevent, loud: boolean): void {
  const bytes = Buffer.alloc(bev.getInput().getLength());
  bev.read(bytes);
  bev.write(loud ? bytes.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte)) : bytes);
}

function closeCb(bev: Bufferevent): void {
  console.log(`Descriptor ${bev.getFd()}: the client is gone, closing`);
  bev.free();
}

function eventCb(bev: Bufferevent, events: number): void {
  // A client that has ended only its own half is still waiting for the rest of its answers.
  const isOwed = (events & BEV_EVENT_EOF) !== 0 && bev.getOutput().getLength() > 0;
  if (isOwed) bev.setCb(null, closeCb, eventCb, null);
  else closeCb(bev);
}

// The last parameter is what newBind() or setCb() was given. The bufferevent hands it on to readCb, so
// a connection keeps the manners it was accepted with.
function acceptConnCb(
  listener: Evconnlistener<boolean>,
  fd: number,
  address: SocketAddress,
  loud: boolean,
): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readCb, null, eventCb, loud);
  bev.enable(EV_READ);
}
// #endregion

// #region commands
// What somebody types into this program's terminal, and what to say to it.
function obey(command: string, listener: Evconnlistener<boolean>): string {
  switch (command) {
    case 'enable':
      listener.enable();
      return 'The listener is enabled.';
    case 'disable':
      listener.disable();
      return 'The listener is disabled: it accepts nobody.';
    case 'echo':
      listener.setCb(acceptConnCb, false);
      return 'The callback is set: new clients get an echo.';
    case 'shout':
      listener.setCb(acceptConnCb, true);
      return 'The callback is set: new clients get a loud echo.';
    case 'none':
      listener.setCb(null, false);
      return 'The callback is null.';
    default:
      return `I don’t know “${command}”. Type enable, disable, echo, shout or none.`;
  }
}
// #endregion

// #region terminal
// The terminal is one more descriptor to watch. Where descriptor 0 can't be watched, as with
// /dev/null, epoll says EPERM, and the server does without commands.
function readCommands(base: EventBase, listener: Evconnlistener<boolean>): void {
  const typed = new Evbuffer();
  const event = new Event(base, 0, EV_READ | EV_PERSIST, typedCb, null);
  eventSetLogCallback(() => {});
  event.add();
  eventSetLogCallback(null);

  function typedCb(fd: number): void {
    if (typed.read(fd) <= 0) {
      console.log('End of file on descriptor 0: no more commands.');
      event.del();
    }
    for (;;) {
      const line = typed.readln(EVBUFFER_EOL_LF)?.toString().trim();
      if (line === undefined) break;
      if (line !== '') console.log(obey(line, listener));
    }
  }
}
// #endregion

// #region main
function readArguments(): { port: number; noCallback: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'no-callback': { type: 'boolean', default: false } },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is not a port: give a number from 1 to 65535`);
  }
  return { port, noCallback: values['no-callback'] };
}

function main(): void {
  const { port, noCallback } = readArguments();
  using base = new EventBase();
  using listener = Evconnlistener.newBind<boolean>(
    base,
    noCallback ? null : acceptConnCb,
    false,
    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | (noCallback ? 0 : LEV_OPT_DISABLED),
    -1,
    { family: 'IPv4', address: '127.0.0.1', port },
  );
  const state = noCallback ? 'enabled, but without a callback' : 'but disabled';
  console.log(`Listening on port ${port} with descriptor ${listener.getFd()}, ${state}`);
  readCommands(base, listener);
  // dispatch() would return where there is neither a client, nor a terminal, nor an enabled listener.
  base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
}

try {
  main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
