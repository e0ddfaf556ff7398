/** What an operator can set of the server, from the environment. */
import { BlockList, isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { either, nearest } from '../lab/nearest.ts';
import { checkPublishing, PUBLISHING_SETTINGS } from '../publishing.ts';
import { ISOLATION_NAMES, SERVER_PATTERN, type IsolationName } from '../protocol/messages.ts';
import {
  refuseFaults,
  settingsFrom,
  textsOf,
  type Environment,
  type Setting,
  type SettingText,
} from '../settings.ts';
import type { Proxies } from './client-address.ts';
import { BUDGET_NAMES, type BudgetName } from './isolation/budget.ts';
import type { BudgetLimits } from './isolation/budget-messages.ts';
import { EDIT_SETTINGS, type EditSetting } from './edits/permission.ts';
import { LOG_FORMATS, type LogFormat } from './log.ts';
import { loopback, type MetricsReaders } from './metrics/readers.ts';

const MiB = 1024 * 1024;
/** What a run may keep busy: one of the computer’s is always left to the others, if there are several. */
const PROCESSORS = Math.max(1, availableParallelism() - 1);
/** A lab that shows what many cost opens some 1,100, and each process that Node forks has some 20 more. */
const DESCRIPTORS = 8192;

/** setTimeout(3) of Node can’t wait longer, and fires at once when asked to: a signed 32-bit number of ms. */
const LONGEST_WAIT = Math.floor((2 ** 31 - 1) / 1000);

function wholeNumber<T extends number | undefined>(
  fallback: T,
  [least, most]: readonly [number, number?],
  meaning: string,
  fallbackText = String(fallback),
): Setting<T | number> {
  const upTo = most === undefined ? 'or more' : `to ${most.toLocaleString('en')}`;
  return {
    ...{ fallback, fallbackText, meaning },
    allowed: `a whole number, ${least} ${upTo}`,
    read(text) {
      const value = /^\d+$/.test(text) ? Number(text) : NaN;
      return value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER) ? value : undefined;
    },
  };
}

function oneOf<T extends string, F extends T | undefined>(
  names: readonly T[],
  fallback: F,
  meaning: string,
  fallbackText = String(fallback),
): Setting<T | F> {
  return {
    ...{ fallback, fallbackText, meaning },
    allowed: either(names, (name) => `\`${name}\``),
    read: (text) => names.find((name) => name === text),
  };
}

/** Those of a list, which spaces or commas separate. */
function listed(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/**
 * A host as browsers write it in `Origin`: without scheme, path, or the port that goes without saying.
 * Operators paste the address of their site; what they mean is plain.
 */
function hostOf(text: string): string {
  const [, address = ''] = /^(?:https?:\/\/)?([^/]*)\/?$/i.exec(text) ?? [];
  const bracketed = isIP(address) === 6 ? `[${address}]` : address;
  const url = `http://${bracketed}`;
  if (!URL.canParse(url) || /[@*?#\\%]/.test(bracketed)) {
    throw new Error(
      `“${text}” is not a host. Write it as readable.example or readable.example:8080`,
    );
  }
  return new URL(url).host.replace(/:443$/, '');
}

function addressList(text: string): BlockList {
  const addresses = new BlockList();
  for (const entry of listed(text)) {
    const [address = '', prefix, ...more] = entry.split('/');
    const version = isIP(address);
    const bits = version === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
    if (version === 0 || more.length > 0 || !(length <= bits)) {
      throw new Error(`“${entry}” is neither an address nor a network such as 10.0.0.0/8`);
    }
    addresses.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
  }
  return addresses;
}

function metricsReaders(text: string): MetricsReaders {
  if (text === 'off' || text === 'all') return text;
  return text === 'local' ? loopback() : addressList(text);
}

/** A field’s name, RFC 9110, 5.6.2, as Node writes it. @throws Error for one that can’t be read */
function headerName(text: string): string | undefined {
  const name = text.toLowerCase();
  if (name === 'forwarded') {
    throw new Error('Forwarded can’t be read. Have the proxy set X-Forwarded-For');
  }
  return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) ? name : undefined;
}

/** How many runs a reader may have who is not on the server’s own computer. */
const PER_READER = 4;
/** The longest queue that is still told where everybody stands. */
const LONGEST_QUEUE = 1000;

/** A setting that is one or the other. */
const ON_OR_OFF = ['on', 'off'] as const;

const SETTINGS = {
  PORT: wholeNumber(4321, [0, 65_535], 'the port to listen on; 0 takes a free one'),
  HOST: {
    fallback: '127.0.0.1',
    fallbackText: '127.0.0.1',
    allowed: 'an address of this computer',
    meaning: 'the address to listen on; `0.0.0.0` is every one',
    read: (text: string) => text,
  },
  READABLE_HOSTS: {
    fallback: [],
    fallbackText: '',
    allowed: 'hosts, separated by spaces',
    meaning: 'the names that readers reach the site by, such as `readable.example`',
    read: (text: string) => listed(text).map(hostOf),
  },
  READABLE_PROXY: {
    fallback: new BlockList(),
    fallbackText: '',
    allowed: 'addresses or networks, separated by spaces',
    meaning: 'the proxies in front, whose `X-Forwarded-For` is believed: `127.0.0.1 10.0.0.0/8`',
    read: addressList,
  },
  READABLE_PROXY_HEADER: {
    fallback: 'x-forwarded-for',
    fallbackText: '`X-Forwarded-For`',
    allowed: 'the name of a header field, such as `X-Real-IP`',
    meaning: 'where these proxies say which address a request came from',
    read: headerName,
  },
  READABLE_NAME: {
    fallback: undefined,
    fallbackText: '',
    allowed: 'small letters, digits and hyphens between them, at most 63',
    meaning:
      'this server’s name among several behind one balancer: see [deploy/](deploy/README.md)',
    read: (text: string) => (SERVER_PATTERN.test(text) ? text : undefined),
  },
  READABLE_SESSIONS: wholeNumber(
    undefined,
    [1],
    'runs at once, as long as there is memory for them',
    'as many as memory allows, at most 200',
  ),
  READABLE_PER_READER: wholeNumber(
    undefined,
    [1],
    'runs at once from one address, those in the queue included; IPv6 counts by its first 64 bits',
    `${PER_READER}, and any number from this computer itself`,
  ),
  READABLE_QUEUE: wholeNumber(
    100,
    [0, LONGEST_QUEUE],
    'runs that may wait for a place; with 0 none does, and a full server refuses them',
  ),
  READABLE_IDLE: wholeNumber(
    120,
    [0, LONGEST_WAIT],
    'seconds without anything happening, after which a run gives its place to one that waits; 0 never',
  ),
  READABLE_WARM: wholeNumber(
    undefined,
    [0, 200],
    'sandboxes that wait for the next click, some 64 MiB each; 0 keeps none',
    'one for each processor and each 2 GiB of memory, at most 8',
  ),
  READABLE_TIME_LIMIT: wholeNumber(600, [1, LONGEST_WAIT], 'seconds that a run may last'),
  READABLE_HOLD: wholeNumber(
    30,
    [0, LONGEST_WAIT],
    'seconds that a run waits for a reader whose connection broke; 0 does not wait',
  ),
  READABLE_OUTPUT_LIMIT: wholeNumber(
    8_388_608,
    [1],
    'bytes that the programs of a run may print, all together; at most 2 MiB of them a second',
  ),
  READABLE_MEMORY: wholeNumber(
    384,
    [64, 1_048_576],
    'MiB of memory that a run may have, all its processes together',
  ),
  READABLE_PROCESSES: wholeNumber(512, [64, 32_768], 'processes and threads that a run may have'),
  READABLE_BUDGET: oneOf(
    BUDGET_NAMES,
    undefined,
    'the way to keep these budgets; where it does not work, the server does not start. See below',
    'the best that works',
  ),
  READABLE_ISOLATION: oneOf(
    ISOLATION_NAMES,
    undefined,
    'the kind to use; where it does not work, the server does not start. See below',
    'the safest that works',
  ),
  READABLE_EDITS: oneOf(
    EDIT_SETTINGS,
    'auto',
    'whether readers may run their own programs; with `auto` they may under bubblewrap. See below',
  ),
  READABLE_IO_URING: oneOf(
    ON_OR_OFF,
    'on',
    'whether labs that show io_uring get it, for the book’s own programs alone. See below',
  ),
  READABLE_DRAIN: wholeNumber(
    25,
    [0, LONGEST_WAIT],
    'seconds that runs may go on for after SIGTERM; 0 ends them at once',
  ),
  READABLE_LOG: oneOf(
    LOG_FORMATS,
    'text',
    'the log on standard output: none, lines for people, or a JSON object a line',
  ),
  READABLE_METRICS: {
    fallback: loopback(),
    fallbackText: 'local',
    allowed: '`off`, `local`, `all`, or addresses or networks, separated by spaces',
    meaning: 'who may read `/metrics`; `local` is this computer. See below',
    read: metricsReaders,
  },
} as const;

/** Every variable, in words. */
export function settingTexts(): SettingText[] {
  return textsOf({ ...SETTINGS, ...PUBLISHING_SETTINGS });
}

/** How many runs one reader may have at once. */
export interface PerReader {
  readonly most: number;
  /** Whether that goes for the server’s own computer too. */
  readonly loopback: boolean;
}

/** The server's settings. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly hosts: readonly string[];
  /** The path that everything is served below, with a slash at both ends. */
  readonly base: string;
  readonly proxies: Proxies;
  /** Its name among several servers, if it has one. */
  readonly name: string | undefined;
  readonly sessions: number | undefined;
  readonly perReader: PerReader;
  /** The most runs that wait for a place. */
  readonly queue: number;
  /** After so many seconds without anything a run yields; 0 for never. */
  readonly idle: number;
  /** How many sandboxes are kept warm. */
  readonly warm: number | undefined;
  /** In seconds. */
  readonly timeLimit: number;
  /** How long a run waits for a page that it has lost, in seconds. */
  readonly hold: number;
  /** In bytes. */
  readonly outputLimit: number;
  /** What the processes of a run may have together. */
  readonly limits: BudgetLimits;
  readonly budget: BudgetName | undefined;
  readonly isolation: IsolationName | undefined;
  /** Whether readers may run what they have written. */
  readonly edits: EditSetting;
  /** Whether labs that show io_uring get it. */
  readonly ioUring: boolean;
  /** How long runs may go on for once the server drains, in seconds. */
  readonly drain: number;
  readonly log: LogFormat;
  readonly metrics: MetricsReaders;
  /** What the operator has set and nothing reads, in words. */
  readonly warnings: readonly string[];
}

/** Variables of ours that nothing reads: most often they are misspelt. */
function unread(environment: Environment): string[] {
  const known = settingTexts().map(({ name }) => name);
  return Object.keys(environment)
    .filter((name) => name.startsWith('READABLE_') && !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known);
      const hint = meant === undefined ? 'See “Host it” in the README.' : `Did you mean ${meant}?`;
      return `${name} is not a setting. ${hint}`;
    });
}

/**
 * Reads the settings. An empty variable is one that is not set.
 * @throws Error that names each variable at fault, what it is, and what it may be
 */
export function readConfig(environment: Environment): Config {
  const published = checkPublishing(environment);
  const { read, faults } = settingsFrom(SETTINGS, environment);
  const perReader = read('READABLE_PER_READER');
  const config: Config = {
    port: read('PORT'),
    host: read('HOST'),
    hosts: read('READABLE_HOSTS'),
    base: published.publishing.base,
    proxies: { addresses: read('READABLE_PROXY'), header: read('READABLE_PROXY_HEADER') },
    name: read('READABLE_NAME'),
    sessions: read('READABLE_SESSIONS'),
    perReader: { most: perReader ?? PER_READER, loopback: perReader !== undefined },
    queue: read('READABLE_QUEUE'),
    idle: read('READABLE_IDLE'),
    warm: read('READABLE_WARM'),
    timeLimit: read('READABLE_TIME_LIMIT'),
    hold: read('READABLE_HOLD'),
    outputLimit: read('READABLE_OUTPUT_LIMIT'),
    limits: {
      memory: read('READABLE_MEMORY') * MiB,
      processes: read('READABLE_PROCESSES'),
      processors: PROCESSORS,
      descriptors: DESCRIPTORS,
    },
    budget: read('READABLE_BUDGET'),
    isolation: read('READABLE_ISOLATION'),
    edits: read('READABLE_EDITS'),
    ioUring: read('READABLE_IO_URING') === 'on',
    drain: read('READABLE_DRAIN'),
    log: read('READABLE_LOG'),
    metrics: read('READABLE_METRICS'),
    warnings: unread(environment),
  };
  refuseFaults([...published.faults, ...faults]);
  return config;
}
