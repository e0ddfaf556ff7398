/**
 * Brings up `lo` in a new network namespace: netdevice(7), SIOCSIFFLAGS. bubblewrap does this by
 * itself; unshare(1) does not, and ip(8) is not on every computer.
 */
import koffi from 'koffi';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 0x1;
/** sizeof(struct ifreq): a name of 16 bytes, then a union whose first 2 bytes are the flags. */
const IFREQ_SIZE = 40;
const IFREQ_FLAGS = 16;

const libc = koffi.load('libc.so.6');
const socket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const ioctl: (fd: number, request: number, type: string, argument: Uint8Array) => number =
  libc.func('int ioctl(int fd, unsigned long request, ...)');

const ifreq = Buffer.alloc(IFREQ_SIZE);
ifreq.write('lo');
ifreq.writeUInt16LE(IFF_UP, IFREQ_FLAGS);
const fd = socket(AF_INET, SOCK_DGRAM, 0);
if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, 'uint8_t *', ifreq) !== 0) {
  console.error(`could not bring up the loopback interface: errno ${koffi.errno()}`);
  process.exit(1);
}
