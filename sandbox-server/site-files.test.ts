import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { SiteFiles } from './site-files.ts';

const PAGE = '<!doctype html><title>A page</title>';
const SITE: Record<string, string | Buffer> = {
  'index.html': PAGE,
  'index.html.br': brotliCompressSync(PAGE),
  'index.html.gz': gzipSync(PAGE),
  'chapter/index.html': 'a chapter',
  '404.html': 'nothing here',
  '_astro/app.abc.js': 'let x',
  'ünïcode.txt': 'words',
  'favicon.ico': 'an icon',
};

interface Answer {
  readonly answer: IncomingMessage;
  readonly body: string;
}

/** A server of a folder that is gone from the disk by then. */
class TestServer {
  readonly #server: Server;
  readonly #port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
  }

  static async start(content: typeof SITE, base?: string): Promise<TestServer> {
    const folder = mkdtempSync(join(tmpdir(), 'readable-site-'));
    for (const [name, bytes] of Object.entries(content)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    const files = new SiteFiles(folder, base);
    rmSync(folder, { recursive: true });
    const server = createServer((request, response) => files.respond(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || !address) throw new Error('the server has no port');
    return new TestServer(server, address.port);
  }

  /** Asks for a path, without reading or writing anything about it. */
  async get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    const port = this.#port;
    const asked = request({ port, path, method, headers: { Connection: 'close', ...headers } });
    asked.end();
    const answer = await new Promise<IncomingMessage>((resolve) => asked.once('response', resolve));
    return { answer, body: await text(answer) };
  }

  close(): void {
    this.#server.close();
  }
}

suite('the files of the site', () => {
  let server: TestServer;
  before(async () => (server = await TestServer.start(SITE)));
  after(() => server.close());

  function get(path: string, headers?: Record<string, string>, method?: string): Promise<Answer> {
    return server.get(path, headers, method);
  }

  test('a folder is its page, with a slash and without', async () => {
    for (const path of [
      ...['/chapter/', '/chapter', '/chapter/index.html', '/chapter/?a=b'],
      'http://anywhere.example/chapter/',
    ]) {
      const { answer, body } = await get(path);
      assert.equal(answer.statusCode, 200, path);
      assert.equal(body, 'a chapter');
      assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
    }
  });

  test('what is not there is 404 with the site’s page for it, however it is asked for', async () => {
    const paths = ['/no', '//', '/%', '/%00', '/../package.json', '/%2e%2e/package.json', '/a?/b'];
    for (const path of paths) {
      const { answer, body } = await get(path);
      assert.equal(answer.statusCode, 404, path);
      assert.equal(body, 'nothing here');
    }
  });

  test('a browser gets the smallest form that it takes', async () => {
    const encodingFor = async (accepts: string): Promise<string | undefined> => {
      const { answer } = await get('/', { 'Accept-Encoding': accepts });
      assert.equal(answer.headers.vary, 'Accept-Encoding');
      return answer.headers['content-encoding'];
    };
    assert.equal(await encodingFor('gzip, deflate, br;q=0.9'), 'br');
    assert.equal(await encodingFor('gzip, br;q=0'), 'gzip');
    assert.equal(await encodingFor('identity'), undefined);
    const { answer } = await get('/chapter/', { 'Accept-Encoding': 'br' });
    assert.equal(answer.headers['content-encoding'], undefined);
    assert.equal((await get('/index.html.br')).answer.statusCode, 404);
  });

  test('a page that did not change is not sent again; what has a hash for a name never changes', async () => {
    const first = await get('/');
    const { etag = '' } = first.answer.headers;
    assert.equal(first.answer.headers['cache-control'], 'no-cache');
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get('/', { 'If-None-Match': tag });
      assert.equal(again.answer.statusCode, 304, tag);
      assert.equal(again.body, '');
    }
    assert.equal((await get('/', { 'If-None-Match': '"other"' })).answer.statusCode, 200);
    const { answer } = await get('/_astro/app.abc.js');
    assert.match(answer.headers['cache-control'] ?? '', /immutable/);
  });

  test('HEAD has the headers of GET', async () => {
    const head = await get('/', {}, 'HEAD');
    assert.equal(head.answer.headers['content-length'], String(PAGE.length));
    assert.equal(head.body, '');
  });

  test('a range is left out of account', async () => {
    for (const range of ['bytes=0-3', 'bytes=5-2', 'bytes=0-99999999999999999999', 'x']) {
      const { answer, body } = await get('/', { Range: range });
      assert.equal(answer.statusCode, 200, range);
      assert.equal(body, PAGE);
    }
  });

  test('each kind of file has its type', async () => {
    for (const [path, type] of [
      ['/_astro/app.abc.js', 'text/javascript; charset=utf-8'],
      ['/ünïcode.txt', 'text/plain; charset=utf-8'],
      ['/favicon.ico', 'image/vnd.microsoft.icon'],
    ] as const) {
      assert.equal((await get(encodeURI(path))).answer.headers['content-type'], type, path);
    }
  });

  test('names may be in any script', async () => {
    assert.equal((await get(encodeURI('/ünïcode.txt'))).body, 'words');
  });
});

suite('a site below a path', () => {
  let server: TestServer;
  before(async () => (server = await TestServer.start(SITE, '/a/book/')));
  after(() => server.close());

  test('its files are below it', async () => {
    for (const path of ['/a/book/', '/a/book', '/a/book/index.html', '/a/book/?x']) {
      const { answer, body } = await server.get(path);
      assert.equal(answer.statusCode, 200, path);
      assert.equal(body, PAGE);
    }
    assert.equal((await server.get('/a/book/chapter/')).body, 'a chapter');
    const { answer } = await server.get('/a/book/_astro/app.abc.js');
    assert.match(answer.headers['cache-control'] ?? '', /immutable/);
  });

  test('the root leads there', async () => {
    for (const path of ['/', '/?x']) {
      const { answer } = await server.get(path);
      assert.equal(answer.statusCode, 302, path);
      assert.equal(answer.headers.location, '/a/book/');
    }
  });

  test('nothing of it is anywhere else', async () => {
    for (const path of ['/index.html', '/chapter/', '/a/', '/a/bookchapter/', '/a/book/a/book/']) {
      const { answer, body } = await server.get(path);
      assert.equal(answer.statusCode, 404, path);
      assert.equal(body, 'nothing here');
    }
  });
});

test('a page says what it may run, in every form that it is sent in', async () => {
  const page = '<title>A page</title><script>one()</script>';
  const server = await TestServer.start({
    'index.html': page,
    'index.html.gz': gzipSync(page),
    'words.txt': '<script>two()</script>',
    '404.html': '<script>three()</script>',
  });
  const { answer } = await server.get('/');
  const policy = answer.headers['content-security-policy'];
  assert.match(String(policy), /script-src [^;]*'sha256-/);
  const packed = await server.get('/', { 'Accept-Encoding': 'gzip' });
  assert.equal(packed.answer.headers['content-encoding'], 'gzip');
  assert.equal(packed.answer.headers['content-security-policy'], policy);
  const { answer: missing } = await server.get('/nowhere');
  assert.notEqual(missing.headers['content-security-policy'], policy);
  const { answer: words } = await server.get('/words.txt');
  assert.equal(words.headers['content-security-policy'], undefined);
  for (const { headers } of [answer, missing, words]) {
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'same-origin');
  }
  server.close();
});
