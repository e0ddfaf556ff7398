import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { after, suite, test } from 'node:test';
import * as z from 'zod';
import { Reader, TEST_LABS, serve } from '../testing/reader.ts';
import { bubblewrap } from './bubblewrap.ts';
import { whyNot } from './isolation.ts';
import { none } from './none.ts';
import { Shelves } from './shelves.ts';
import { unshare } from './unshare.ts';

const foundSchema = z.object({
  uid: z.number(),
  capabilities: z.string(),
  noNewPrivs: z.string(),
  seccomp: z.string(),
  processes: z.number(),
  interfaces: z.array(z.string()),
  environment: z.array(z.string()),
  hostFile: z.string(),
  hostPort: z.string(),
  writeRoot: z.string(),
  writeRuntime: z.string(),
  writeTmp: z.string(),
  writeDev: z.string(),
  corePattern: z.string(),
  unshare: z.string(),
  ptrace: z.string(),
  vsock: z.string(),
  tiocsti: z.string(),
});

async function probe(isolation: string): Promise<z.output<typeof foundSchema>> {
  await using server = await serve(TEST_LABS, { READABLE_ISOLATION: isolation });
  const reader = await Reader.start(server.port, 'probe');
  await reader.shows('server', 'probe ready');
  reader.type('server', `${server.port}\n`);
  const shown = await reader.shows('server', ' end');
  const json = /found (\{.*\}) end/s.exec(shown)?.[1];
  return foundSchema.parse(JSON.parse(json ?? 'null'));
}

suite('whose programs an isolation may run', () => {
  const runtime = '/nowhere';
  const shelves = new Shelves(tmpdir());
  const rungs = [
    bubblewrap(runtime, shelves),
    unshare(runtime, shelves),
    none(runtime, shelves, true),
  ];
  after(() => shelves.close());

  test('a reader’s own: only where nothing of the computer is within reach', () => {
    const runs = rungs.map((isolation) => [isolation.name, whyNot(isolation, 'any program')]);
    assert.deepEqual(
      runs.filter(([, why]) => why === undefined),
      [['bubblewrap', undefined]],
    );
    assert.match(runs[1]?.[1] ?? '', /only the book’s own programs.*“unshare”/);
    assert.match(runs[2]?.[1] ?? '', /only the book’s own programs.*“none”/);
  });

  test('our own: everywhere', () => {
    for (const isolation of rungs) assert.equal(whyNot(isolation, 'our own programs'), undefined);
  });

  test('an operator is told', () => {
    for (const { description, runs } of rungs) {
      assert.match(description, runs === 'any program' ? /for any program/ : /only .*own programs/);
    }
  });
});

suite('what a program can do', () => {
  test('in bubblewrap: nothing beyond its own network and processes', async () => {
    const found = await probe('bubblewrap');
    assert.deepEqual(found, {
      uid: 65534,
      capabilities: '0000000000000000',
      noNewPrivs: '1',
      seccomp: '2',
      // bwrap’s init and the program itself.
      processes: 2,
      interfaces: ['lo'],
      environment: [
        ...['HOME', 'LANG', 'PATH', 'PWD'],
        // What its library is asked to tell for the timeline.
        ...['READABLE_TRACE_BUDGET', 'READABLE_TRACE_CALLBACKS'],
        ...['READABLE_TRACE_FD', 'READABLE_TRACE_SITES', 'TERM'],
      ],
      hostFile: 'ENOENT',
      hostPort: 'ECONNREFUSED',
      writeRoot: 'EROFS',
      writeRuntime: 'EROFS',
      writeTmp: 'ENOENT',
      writeDev: 'EROFS',
      corePattern: 'EACCES',
      unshare: 'EPERM',
      ptrace: 'EPERM',
      vsock: 'EPERM',
      tiocsti: 'EPERM',
    });
  });

  test('with unshare: a network and processes of its own', async () => {
    const found = await probe('unshare');
    assert.deepEqual(found.interfaces, ['lo']);
    assert.equal(found.hostPort, 'ECONNREFUSED');
    assert.equal(found.writeRoot, 'EACCES');
    // Without a user of its own it has the rights of whoever runs the server.
    assert.equal(found.writeRuntime, process.getuid?.() === 0 ? 'EACCES' : 'done');
    assert.ok(found.processes < 10, 'it sees its own processes only');
  });
});
