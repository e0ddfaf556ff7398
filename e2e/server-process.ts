/** A Readable server of the tests’ own: `scripts/start.ts`, as `npm start` runs it. */
import { join } from 'node:path';
import { ROOT } from '../project.ts';
import { Program, type Exit } from '../testing/program.ts';

const READY = /^Readable is at (http:\S+)$/m;

/** A running server. */
export class ServerProcess {
  readonly url: string;
  readonly #program: Program;

  private constructor(program: Program, url: string) {
    this.#program = program;
    this.url = url;
  }

  /** Starts one on a free port, or on the one given. @throws Error with what it said instead */
  static async start(environment: Record<string, string> = {}): Promise<ServerProcess> {
    const script = join(ROOT, 'scripts', 'start.ts');
    const program = Program.start(
      [process.execPath, '--disable-warning=ExperimentalWarning', script],
      { environment: { PORT: '0', ...environment } },
    );
    const [, url = ''] = await program.prints(READY);
    return new ServerProcess(program, url);
  }

  get pid(): number {
    return this.#program.pid;
  }

  get port(): string {
    return new URL(this.url).port;
  }

  /** Ends it as Ctrl-C does, or with SIGKILL, and resolves with its exit code once it is gone. */
  stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<Exit> {
    return this.#program.end(signal);
  }
}
