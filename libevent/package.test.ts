import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { EventBase } from './event/event_base.ts';
import { Evconnlistener } from './listener/evconnlistener.ts';
import { LEV_OPT_CLOSE_ON_FREE } from './listener/listening_socket.ts';
import { PATIENCE } from './testing/patience.ts';
import { LOOPBACK, portOf } from './testing/sockets.ts';

const MODULES = join(import.meta.dirname, '..', 'node_modules');
const README = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
const env = {
  ...process.env,
  PATH: `${join(MODULES, '.bin')}${delimiter}${process.env.PATH ?? ''}`,
};

let folder = '';
let project = '';

/** The programs that the README shows. */
function programs(): string[] {
  return [...README.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program = '']) => program);
}

/** Runs a program in a folder. Returns what it printed. */
function run(cwd: string, file: string, ...args: string[]): string {
  return execFileSync(file, args, { cwd, env, encoding: 'utf8', timeout: PATIENCE });
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'libevent-ts-'));
  // A copy, for packing changes package.json for a while, and other tests read it.
  const copy = join(folder, 'libevent');
  cpSync(import.meta.dirname, copy, {
    recursive: true,
    filter: (path) => !/\/(?:node_modules|dist)$/.test(path),
  });
  cpSync(join(import.meta.dirname, '..', 'tsconfig.json'), join(folder, 'tsconfig.json'));
  symlinkSync(MODULES, join(folder, 'node_modules'));
  const manifest = readFileSync(join(copy, 'package.json'), 'utf8');
  run(copy, 'npm', 'pack', '--pack-destination', folder, '--loglevel=error');
  assert.equal(readFileSync(join(copy, 'package.json'), 'utf8'), manifest);
  project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }');
  const koffi = `koffi@file:${join(MODULES, 'koffi')}`;
  const quiet = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  run(project, 'npm', 'install', ...quiet, koffi, join(folder, 'libevent-ts-0.1.0.tgz'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** The sources that programs can need: neither tests, nor their helpers, nor what packs. */
function librarySources(): string[] {
  const isLeftOut = (name: string): boolean => /^(?:node_modules|dist|testing)$/.test(name);
  return globSync('**/*.ts', { cwd: import.meta.dirname, exclude: isLeftOut })
    .filter((file) => !file.endsWith('.test.ts') && file !== 'pack.ts')
    .sort();
}

/** The files of the pack. */
function packed(): string[] {
  const list = run(folder, 'tar', '-tzf', 'libevent-ts-0.1.0.tgz').trim().split('\n');
  return list.map((file) => file.replace(/^package\//, '')).sort();
}

test('the pack has each file of the library as source, JavaScript and types, its papers, and nothing else', () => {
  const papers = [
    'CHANGELOG.md',
    'CONFORMANCE.md',
    'FUNCTIONS.md',
    'LICENSE',
    'README.md',
    'package.json',
  ];
  const library = librarySources().flatMap((file) => {
    const compiled = `dist/${file.slice(0, -'.ts'.length)}`;
    return [file, `${compiled}.js`, `${compiled}.d.ts`, `${compiled}.d.ts.map`];
  });
  assert.deepEqual(packed(), [...papers, ...library].sort());
});

test('an editor finds the source of each type', () => {
  const installed = join(project, 'node_modules', 'libevent-ts');
  const maps = packed().filter((file) => file.endsWith('.map'));
  assert.ok(maps.length > 0);
  for (const map of maps) {
    const content: unknown = JSON.parse(readFileSync(join(installed, map), 'utf8'));
    assert.ok(typeof content === 'object' && content !== null && 'sources' in content);
    assert.ok(Array.isArray(content.sources) && content.sources.length === 1, map);
    const source = join(installed, dirname(map), String(content.sources[0]));
    assert.ok(existsSync(source), source);
  }
});

test('npm says where the package works, and what its types want', () => {
  const manifest: unknown = JSON.parse(
    readFileSync(join(project, 'node_modules', 'libevent-ts', 'package.json'), 'utf8'),
  );
  assert.partialDeepStrictEqual(manifest, {
    license: 'BSD-3-Clause',
    os: ['linux'],
    cpu: ['x64', 'arm64'],
    engines: { node: '>=20' },
    peerDependenciesMeta: { '@types/node': { optional: true } },
  });
});

test('the echo server of the README is ten lines, echoes, and loses nothing at the end of file', async () => {
  const [echo = ''] = programs();
  const lines = echo.split('\n').filter((line) => line !== '');
  assert.ok(lines.length <= 10, `${lines.length} lines`);
  writeFileSync(join(project, 'echo.ts'), echo);
  const base = new EventBase();
  const probe = Evconnlistener.newBind(base, null, null, LEV_OPT_CLOSE_ON_FREE, 1, LOOPBACK);
  const port = portOf(probe.getFd());
  probe.free();
  base.free();
  const quiet = '--disable-warning=ExperimentalWarning';
  const server = spawn(process.execPath, [quiet, 'echo.ts', String(port)], {
    cwd: project,
    stdio: 'inherit',
  });
  try {
    const answer = await echoed(port, () => assert.equal(server.exitCode, null), 'ten lines\n');
    assert.equal(answer, 'ten lines\n');
    assert.equal(await echoedAfterEnd(port, MUCH), MUCH);
    assert.equal(server.exitCode, null);
  } finally {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
});

/** Far more than the kernel keeps of what a client doesn’t read. */
const MUCH = 64 * 1024 * 1024;

/** Sends so many bytes, ends its side, and only then reads. Returns how many have come back. */
async function echoedAfterEnd(port: number, bytes: number): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.pause();
  socket.end(Buffer.alloc(bytes, 'x'));
  await once(socket, 'finish');
  let count = 0;
  for await (const data of socket) {
    assert.ok(data instanceof Buffer);
    count += data.length;
  }
  return count;
}

/** Connects as soon as there is somebody to connect to, sends a text and waits for the answer. */
async function echoed(port: number, check: () => void, text: string): Promise<string> {
  for (;;) {
    check();
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.write(text);
      const data: unknown[] = await once(socket, 'data');
      return String(data[0]);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'))
        throw error;
      await setTimeout(20);
    } finally {
      socket.destroy();
    }
  }
}

test('the programs of the README are typed by the pack alone, and the one of sys runs', () => {
  const [echo = '', calls = ''] = programs();
  writeFileSync(join(project, 'echo.ts'), echo);
  writeFileSync(join(project, 'calls.ts'), calls);
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
  ];
  const types = [
    '--lib',
    'es2024,esnext.disposable',
    '--types',
    'node',
    '--typeRoots',
    join(MODULES, '@types'),
  ];
  run(project, 'tsc', ...options, ...types, 'echo.ts', 'calls.ts');
  assert.equal(
    run(project, process.execPath, '--disable-warning=ExperimentalWarning', 'calls.ts'),
    'Bad file descriptor\n',
  );
});
