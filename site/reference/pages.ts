/** Which page of the reference an export is on. Pure. */
import type { Entry } from './entry.ts';

/** A page of the reference. */
export interface Page {
  /** Its address, below `/`: `api/evconnlistener`. */
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly entries: readonly Entry[];
}

interface Place extends Omit<Page, 'entries'> {
  /** The files whose exports are on the page, without `.ts`: a name, or the beginning of one and `*`. */
  readonly files: readonly string[];
}

const LIBRARY: readonly Place[] = [
  {
    slug: 'api/event-base',
    title: 'EventBase',
    description: 'Waits until something is ready, and calls back: struct event_base.',
    files: ['event/event_base', 'core/loop', 'core/config', 'core/counts', 'core/eventop'],
  },
  {
    slug: 'api/event',
    title: 'Event',
    description: 'What a base watches: a descriptor, a timeout, a signal. struct event.',
    files: ['event/*', 'core/flags'],
  },
  {
    slug: 'api/bufferevent',
    title: 'Bufferevent',
    description: 'A socket with an input and an output buffer: struct bufferevent.',
    files: ['bufferevent/*'],
  },
  {
    slug: 'api/evbuffer',
    title: 'Evbuffer',
    description: 'A queue of bytes: struct evbuffer.',
    files: ['buffer/*'],
  },
  {
    slug: 'api/evconnlistener',
    title: 'Evconnlistener',
    description: 'Accepts the connections of a listening socket: struct evconnlistener.',
    files: ['listener/*'],
  },
  {
    slug: 'api/evutil',
    title: 'evutil',
    description: 'Options of sockets, addresses in text, what an error number means, the clock.',
    files: ['evutil'],
  },
  {
    slug: 'api/errors-and-log',
    title: 'Errors, log and version',
    description: 'SystemError, the log, and the version.',
    files: ['*'],
  },
];

const SYSTEM: readonly Place[] = [
  {
    slug: 'api/sys/sockets',
    title: 'Sockets and addresses',
    description: 'socket, bind, listen, accept4, connect, send, recv, and addresses.',
    files: ['sys/socket', 'sys/address'],
  },
  {
    slug: 'api/sys/descriptors',
    title: 'Descriptors and files',
    description: 'read, write, close, fcntl, pipe2, pread, sendfile.',
    files: ['sys/descriptor', 'sys/file', 'sys/pipe', 'sys/iovec', 'sys/sendfile'],
  },
  {
    slug: 'api/sys/select',
    title: 'select',
    description: 'select(2) and its sets of descriptors.',
    files: ['sys/select'],
  },
  {
    slug: 'api/sys/poll',
    title: 'poll',
    description: 'poll(2) and its list of descriptors.',
    files: ['sys/poll'],
  },
  {
    slug: 'api/sys/epoll',
    title: 'epoll',
    description: 'epoll_create1(2), epoll_ctl(2), epoll_wait(2).',
    files: ['sys/epoll'],
  },
  {
    slug: 'api/sys/processes',
    title: 'Processes',
    description: 'fork, waitpid, execve, and the limits of a process.',
    files: ['sys/process', 'sys/fork', 'sys/resource'],
  },
  {
    slug: 'api/sys/signals',
    title: 'Signals',
    description: 'sigaction, raise, and the numbers of signals.',
    files: ['sys/signal*'],
  },
  {
    slug: 'api/sys/names',
    title: 'Names',
    description: 'getaddrinfo(3), from a name to addresses, and if_nametoindex(3).',
    files: ['sys/netdb', 'sys/interface'],
  },
  {
    slug: 'api/sys/time',
    title: 'Time',
    description: 'clock_gettime and nanosleep.',
    files: ['sys/time'],
  },
  {
    slug: 'api/sys/errno',
    title: 'Error numbers',
    description: 'errno(3), strerror(3), and what the numbers mean.',
    files: ['sys/errno*'],
  },
  {
    slug: 'api/sys/tracing',
    title: 'Tracing and the rest',
    description: 'The record of system calls that a program leaves, and what has no other page.',
    files: ['sys/*'],
  },
];

function isOf(place: Place, file: string): boolean {
  return place.files.some((pattern) =>
    pattern.endsWith('*') ? file.startsWith(pattern.slice(0, -1)) : file === pattern,
  );
}

/** The pages on the library, and those on the system calls, each with what is on it. */
export interface Arrangement {
  readonly library: readonly Page[];
  readonly system: readonly Page[];
}

/** Puts every export on a page: the first that wants its file. Pages without any are left out. */
export function arrange(entries: readonly Entry[]): Arrangement {
  const placed = new Map<Place, Entry[]>();
  for (const entry of entries) {
    const file = entry.file.replace(/\.ts$/, '');
    const among = file.startsWith('sys/') ? SYSTEM : LIBRARY;
    const place = among.find((each) => isOf(each, file));
    if (!place) throw new Error(`${entry.name} of ${entry.file} has no page in the reference`);
    placed.set(place, [...(placed.get(place) ?? []), entry]);
  }
  const pagesOf = (among: readonly Place[]): Page[] =>
    among.flatMap((place) => {
      const own = placed.get(place);
      const { slug, title, description } = place;
      return own ? [{ slug, title, description, entries: own }] : [];
    });
  return { library: pagesOf(LIBRARY), system: pagesOf(SYSTEM) };
}
