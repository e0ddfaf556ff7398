// Connects 20 times to one port, one client after another, and counts who is welcomed. Between two
// clients it gives the workers a moment to fall asleep again.
//
//   crowd.ts [port]      the port is 9876 if none is given
//
// Its calls block. The manual pages: connect(2), recv(2), close(2), nanosleep(2).

import {
  AF_INET,
  SOCK_STREAM,
  Timespec,
  close,
  connect,
  errno,
  nanosleep,
  recv,
  socket,
  strerror,
} from 'libevent-ts/sys';

const CLIENTS = 20;
const MOMENT = new Timespec(0, 20_000_000);

function check(call: string, result: number): number {
  if (result < 0) throw new Error(`${call}: ${strerror(errno())}`);
  return result;
}

// Connects, and reads until the server hangs up. Returns what came.
function welcome(port: number): string {
  const fd = check('socket', socket(AF_INET, SOCK_STREAM, 0));
  check('connect', connect(fd, { family: 'IPv4', address: '127.0.0.1', port }));
  const buffer = Buffer.alloc(100);
  let used = 0;
  for (;;) {
    const n = check('recv', recv(fd, buffer, buffer.length - used, 0, used));
    if (n === 0) break;
    used += n;
  }
  close(fd);
  return buffer.toString('utf8', 0, used);
}

function main(argument = '9876'): number {
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    console.error(`“${argument}” is not a port: give a number from 1 to 65535`);
    return 1;
  }
  let welcomed = 0;
  for (let client = 1; client <= CLIENTS; client += 1) {
    if (welcome(port) === 'Welcome.\n') welcomed += 1;
    nanosleep(MOMENT);
  }
  console.log(`${welcomed} of ${CLIENTS} were welcomed.`);
  return 0;
}

try {
  process.exitCode = main(process.argv[2]);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
