/** HAProxy in front of several servers, as `deploy/haproxy.cfg` has it and operators run it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT } from '../../project.ts';
import { freePort } from '../port.ts';
import { Program } from '../program.ts';
import { listens } from '../../sandbox-server/guest/check/tcp-queue.ts';
import { until } from '../until.ts';

/** The lists of servers in the configuration. */
const BACKENDS = ['places', 'servers'] as const;
/** A list of servers: `places` has room for new runs, `servers` is there. */
export type Backend = (typeof BACKENDS)[number];

/** The file that operators copy. */
export const CONFIGURATION = join(ROOT, 'deploy', 'haproxy.cfg');
const SERVERS = /(?: +server readable-\d+ readable-\d+:4321\n)+/g;

/** A server behind it: its READABLE_NAME, and its port of 127.0.0.1. */
export interface Machine {
  readonly name: string;
  readonly port: number;
}

/** Debian keeps it where only root looks for programs. */
export function haproxy(): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const found = folders.map((folder) => join(folder, 'haproxy')).find((file) => existsSync(file));
  if (found === undefined) throw new Error('There is no haproxy here: apt-get install haproxy');
  return found;
}

/** Puts something else in place of every match. @throws Error when there are not so many */
function replaceAll(text: string, what: RegExp, by: string, times: number): string {
  const found = text.match(what)?.length ?? 0;
  if (found !== times) throw new Error(`${String(what)} is ${found} times in haproxy.cfg`);
  return text.replace(what, by);
}

/** The configuration with other servers, ports and places for files, and otherwise as it is. */
function configuration(port: number, folder: string, machines: readonly Machine[]): string {
  const servers = machines.map(({ name, port: at }) => `    server ${name} 127.0.0.1:${at}\n`);
  const whole = readFileSync(CONFIGURATION, 'utf8');
  const here = replaceAll(whole, /bind :80$/gm, `bind 127.0.0.1:${port}`, 1);
  const own = replaceAll(here, /(?<=stats socket )\S+/g, join(folder, 'haproxy.sock'), 1);
  return replaceAll(own, SERVERS, servers.join(''), BACKENDS.length);
}

/** A running HAProxy. */
export class Balancer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #program: Program;

  private constructor(port: number, folder: string, program: Program) {
    this.port = port;
    this.#folder = folder;
    this.#program = program;
  }

  /**
   * Starts one, and waits until it serves.
   * @param machines those that are there, and those that will be
   */
  static async start(machines: readonly Machine[]): Promise<Balancer> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'readable-balancer-'));
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, configuration(port, folder, machines));
    const program = Program.start([haproxy(), '-db', '-f', file]);
    const balancer = new Balancer(port, folder, program);
    await until('HAProxy listens, or has ended', () => listens(port) || !program.runs);
    if (program.runs) return balancer;
    await balancer[Symbol.asyncDispose]();
    throw new Error(`HAProxy did not start: ${program.printed}`);
  }

  /** Where readers find the site. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Waits until a server counts as up in a list, or as down. */
  async finds(name: string, backend: Backend, state: 'UP' | 'DOWN'): Promise<void> {
    await until(`${backend}/${name} is ${state}`, () => {
      const said = this.#program.out.matchAll(
        new RegExp(`Server ${backend}/${name} is (UP|DOWN)`, 'g'),
      );
      // A server counts as up until a check has found otherwise.
      return ([...said].at(-1)?.[1] ?? 'UP') === state;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.end('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }
}
