/** The service inside `astro dev`, on a server with no more of Vite than it uses. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { ROOT } from '../project.ts';
import { parseDoor } from '../protocol/messages.ts';
import { LIMIT } from '../testing/patience.ts';
import { until } from '../testing/until.ts';
import { attachToDev, type DevServer } from './dev.ts';
import { Reader } from './testing/reader.ts';

const LAB = `export default {
  id: 'quick', title: 'A lab', predict: 'What?', clients: [],
  server: { program: 'server.ts', port: 9876, ready: 'Here' },
  scenario: [{ caption: 'It runs.' }],
};`;

/** A development server with one lab, which was in the midst of being written when it started. */
async function dev(context: TestContext) {
  const scratch = join(ROOT, 'dist', 'test-labs');
  mkdirSync(scratch, { recursive: true });
  const content = mkdtempSync(join(scratch, 'dev-'));
  const folder = join(content, 'chapter', 'quick');
  mkdirSync(folder, { recursive: true });
  const watcher = new EventEmitter();
  const save = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
    watcher.emit('change', join(folder, name));
  };
  save('lab.ts', LAB);
  save('server.ts', `console.log('Here';`);
  const printed: string[] = [];
  context.mock.method(console, 'log', (line: string) => printed.push(line));
  context.mock.method(console, 'error', (line: string) => printed.push(line));
  const answers: Parameters<DevServer['middlewares']['use']>[0][] = [];
  const httpServer = createServer((request: IncomingMessage, response: ServerResponse) => {
    const next = (index: number): void => {
      const answer = answers[index];
      if (answer) answer(request, response, () => next(index + 1));
      else response.writeHead(404).end();
    };
    next(0);
  }).listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  const address = httpServer.address();
  if (typeof address !== 'object' || !address) throw new Error('the server has no port');
  const middlewares = { use: (answer: (typeof answers)[number]) => answers.push(answer) };
  await attachToDev({ httpServer, middlewares, watcher }, content);
  return {
    ...{ port: address.port, folder, watcher, save, printed },
    async [Symbol.asyncDispose]() {
      httpServer.close();
      httpServer.closeAllConnections();
      await once(httpServer, 'close');
      rmSync(content, { recursive: true });
    },
  };
}

/** How a run of the lab ends: its program exits at once, if there is one. */
async function run(port: number): Promise<string> {
  const reader = await Reader.start(port, 'quick');
  return (await reader.end()).kind;
}

/** Loading a lab takes a moment, and nobody announces that it is over. */
async function runOnceLoaded(port: number): Promise<string> {
  let end = 'refused';
  while (end === 'refused') end = await run(port);
  return end;
}

suite('npm run dev', () => {
  test('loads a lab whose program was wrong at its start once that is mended', LIMIT, async (t) => {
    await using server = await dev(t);
    assert.ok(server.printed.some((line) => line.includes('quick/server.ts:1')));
    assert.equal(await run(server.port), 'refused');
    server.save('server.ts', `console.log('Here');`);
    assert.equal(await runOnceLoaded(server.port), 'finished');
  });

  test('loads a lab again when the file that was wrong is gone', LIMIT, async (t) => {
    await using server = await dev(t);
    server.save('extra.ts', 'const = 1;');
    server.save('server.ts', `console.log('Here');`);
    await until('the mistake is told', () => {
      return server.printed.some((line) => line.includes('quick/extra.ts:1'));
    });
    rmSync(join(server.folder, 'extra.ts'));
    server.watcher.emit('unlink', join(server.folder, 'extra.ts'));
    assert.equal(await runOnceLoaded(server.port), 'finished');
  });

  test('answers what a page asks without a WebSocket, as npm start does', LIMIT, async (t) => {
    await using server = await dev(t);
    const origin = `http://127.0.0.1:${server.port}`;
    // Each on a connection of its own: one that is kept may be closed in the moment in which it is used again.
    const get = (path: string): Promise<Response> =>
      fetch(origin + path, { headers: { Connection: 'close' } });
    assert.equal((await get('/healthz')).status, 200);
    const asked = (own: string): Promise<Response> =>
      get(`/session?origin=${encodeURIComponent(own)}`);
    assert.equal(parseDoor(await (await asked(origin)).text()).refuses, null);
    assert.equal(parseDoor(await (await asked('http://elsewhere')).text()).refuses, 'origin');
    assert.equal((await get('/listeners/')).status, 404);
  });

  test('says which setting is misspelt', LIMIT, async (t) => {
    process.env['READABLE_TIMELIMIT'] = '5';
    try {
      await using server = await dev(t);
      assert.ok(server.printed.some((line) => line.startsWith('READABLE_TIMELIMIT is not')));
    } finally {
      delete process.env['READABLE_TIMELIMIT'];
    }
  });
});
