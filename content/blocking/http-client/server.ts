// A small HTTP/1.0 server that takes its time, for http-client.ts to talk to. It is built from a
// connection listener, bufferevents and timers, which later chapters explain.
//
//   server.ts [port]      the port is 8080 if none is given
//
//   GET /           a page, slowly: the headers after a while, then a line at a time
//   GET /early      the same page, but the connection is closed before it is complete
//   GET /quick      a short page, at once
//   POST /upload    takes what is sent, but reads nothing for six seconds first
//
// RFC 1945, HTTP/1.0

import {
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVBUFFER_EOL_CRLF,
  EV_READ,
  EVUTIL_SOCKET_ERROR,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
  SystemError,
  evtimerNew,
  evutilSocketErrorToString,
  formatAddress,
} from 'libevent-ts';
import type { Event, SocketAddress } from 'libevent-ts';

/** A part of an answer, and for how many seconds nothing is sent before it. */
interface Piece {
  readonly after: number;
  readonly text: string;
}

const LINES = [
  'It was a slow server, and it knew it.\n',
  'It said a line, and then it had a rest.\n',
  'Whoever asked had better sit and wait,\n',
  'for when recv() returns, no one can guess.\n',
];

function headers(status: string, length: number): string {
  const lines = [`HTTP/1.0 ${status}`, 'Content-Type: text/plain', `Content-Length: ${length}`];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function atOnce(status: string, body: string): Piece[] {
  return [{ after: 0, text: headers(status, body.length) + body }];
}

function slowly(firstRest: number): Piece[] {
  return [
    { after: firstRest, text: headers('200 OK', LINES.join('').length) },
    ...LINES.map((text) => ({ after: 0.7, text })),
  ];
}

function answerTo(requestLine: string): Piece[] {
  const path = /^GET (\S+) HTTP\/1\.[01]$/.exec(requestLine)?.[1];
  switch (path) {
    case '/':
      return slowly(4);
    case '/early':
      return slowly(1).slice(0, 3);
    case '/quick':
      return atOnce('200 OK', 'That was quick.\n');
    case undefined:
      return atOnce('400 Bad Request', 'Ask like this: GET / HTTP/1.0\n');
    default:
      return atOnce('404 Not Found', 'There is no such page.\n');
  }
}

const MOST_LINES = 100;
const LONGEST_LINE = 8192;
/** After the last piece, before the connection is closed, in seconds. */
const LAST_REST = 0.7;
/** Before the body of an upload is read, in seconds. */
const UPLOAD_REST = 6;

/** One request and its answer: in HTTP/1.0 that is all a connection is for. */
class Exchange {
  readonly #bev: Bufferevent;
  readonly #timer: Event<null>;
  readonly #request: string[] = [];
  #answer: Piece[] | null = null;
  /** How much of an upload’s body is still to come; null: there is no upload. */
  #bodyLeft: number | null = null;

  constructor(base: EventBase, fd: number) {
    this.#timer = evtimerNew(base, () => this.#goOn(), null);
    this.#bev = Bufferevent.socketNew(base, fd, BEV_OPT_CLOSE_ON_FREE);
    this.#bev.setWatermark(EV_READ, 0, LONGEST_LINE);
    this.#bev.setCb(
      () => this.#readRequest(),
      () => this.#wait(),
      (_bev, events) => this.#connectionEnds(events),
      null,
    );
    this.#bev.enable(EV_READ);
  }

  // An empty line ends the request. With EVBUFFER_EOL_CRLF a line may also end with LF alone, as it
  // does for somebody who types a request into a terminal.
  #readRequest(): void {
    const input = this.#bev.getInput();
    while (this.#answer === null && this.#bodyLeft === null) {
      const line = input.readln(EVBUFFER_EOL_CRLF)?.toString('latin1');
      if (line === undefined) {
        if (input.getLength() >= LONGEST_LINE) this.#end('too long a line');
        return;
      }
      if (line === '') this.#begin();
      else if (this.#request.push(line) > MOST_LINES) {
        this.#end('too many lines');
        return;
      }
    }
    if (this.#bodyLeft !== null) this.#takeBody(this.#bodyLeft);
    // One request is all there is. Left unread, the rest would make close(2) reset the connection.
    else input.drain(input.getLength());
  }

  #takeBody(left: number): void {
    const input = this.#bev.getInput();
    const taken = Math.min(input.getLength(), left);
    input.drain(taken);
    this.#bodyLeft = left - taken;
    if (this.#bodyLeft > 0) return;
    this.#say('the whole upload is here');
    input.drain(input.getLength());
    this.#bev.enable(EV_READ);
    this.#bodyLeft = null;
    this.#answer = atOnce('200 OK', 'Thank you.\n');
    this.#wait();
  }

  #begin(): void {
    const [requestLine = '', ...rest] = this.#request;
    const host = rest.find((header) => /^host:/i.test(header)) ?? 'no Host';
    this.#say(`${requestLine} (${host})`);
    if (/^POST \/upload HTTP\/1\.[01]$/.test(requestLine)) {
      const length = rest.find((header) => /^content-length: *\d+$/i.test(header)) ?? ':0';
      this.#bodyLeft = Number(length.slice(length.indexOf(':') + 1));
      this.#bev.disable(EV_READ);
      this.#timer.add(UPLOAD_REST);
      return;
    }
    this.#answer = answerTo(requestLine);
    this.#wait();
  }

  #goOn(): void {
    if (this.#bodyLeft === null) {
      this.#sendPiece();
      return;
    }
    this.#say('reading the upload');
    this.#bev.enable(EV_READ);
    this.#takeBody(this.#bodyLeft);
  }

  #wait(): void {
    if (this.#answer === null) return;
    const next = this.#answer[0];
    this.#timer.add(next === undefined ? LAST_REST : next.after);
  }

  #sendPiece(): void {
    const piece = this.#answer?.shift();
    if (piece === undefined) {
      this.#end('that was all');
      return;
    }
    this.#say(`sending ${piece.text.length} bytes`);
    // The bufferevent sends it by itself, and then calls #wait().
    this.#bev.write(piece.text);
  }

  #connectionEnds(events: number): void {
    if (events & BEV_EVENT_ERROR) this.#end(evutilSocketErrorToString(EVUTIL_SOCKET_ERROR()));
    // A client may end its side and still want its answer.
    else if (this.#answer === null) this.#end('end of file before a whole request');
  }

  #end(reason: string): void {
    this.#say(`${reason}, closing`);
    this.#timer.free();
    this.#bev.free();
  }

  #say(text: string): void {
    console.log(`Descriptor ${this.#bev.getFd()}: ${text}`);
  }
}

function acceptConnCb(listener: Evconnlistener<null>, fd: number, address: SocketAddress): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  new Exchange(listener.getBase(), fd);
}

function newListener(base: EventBase, port: number): Evconnlistener<null> | null {
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  try {
    return Evconnlistener.newBind(base, acceptConnCb, null, flags, -1, address);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    console.error(`Can’t listen on port ${port}: ${evutilSocketErrorToString(-error.errno)}.`);
    return null;
  }
}

function main(argument = '8080'): number {
  const port = Number(argument);
  if (!/^\d+$/.test(argument) || port < 1 || port > 65535) {
    console.error(`A port is a number from 1 to 65535, not “${argument}”.`);
    return 1;
  }
  using base = new EventBase();
  using listener = newListener(base, port);
  if (listener === null) return 1;
  console.log(`Listening on port ${port}`);
  base.dispatch();
  return 0;
}

process.exitCode = main(process.argv[2]);
