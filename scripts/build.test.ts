import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { suite, test } from 'node:test';
import { ROOT } from '../project.ts';
import { freePort } from '../testing/port.ts';
import { Program } from '../testing/program.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { INPUTS, inputsStamp } from './build.ts';

/** What a file names by a relative path in an import, a glob or a `new URL`. */
const RELATIVE = /(?:from|import|glob\(|URL\()\s*\(?['"](\.{1,2}\/[^'"?]+)/g;

suite('what the site is built from', () => {
  test('is all that its files import', () => {
    const sources = globSync([...INPUTS], {
      cwd: ROOT,
      exclude: [
        ...['**/node_modules', '**/*.test.ts', '**/testing', 'scripts/build.ts'],
        // The site has only the text of what checks an exercise.
        'content/*/*/check.ts',
      ],
    }).filter((file) => /\.(?:ts|mjs|astro|mdx|css)$/.test(file));
    assert.ok(sources.length > 200);
    const forgotten = sources.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(RELATIVE)]
        .map(([, path = '']) => join(dirname(file), path))
        .filter((path) => !INPUTS.some((input) => matchesGlob(path, input)))
        .map((path) => `${file}: ${path}`),
    );
    assert.deepEqual(forgotten, [
      // Only `astro dev` loads it, and only at its start.
      'astro.config.mjs: sandbox-server/dev.ts',
      // The build itself has made it from libevent/.
      'site/pages/library.json.ts: dist/reference/names.json',
    ]);
  });

  test('is in its stamp: every file’s text, and the variables', () => {
    const root = mkdtempSync(join(tmpdir(), 'stamp-'));
    const write = (file: string, text: string): void => {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    };
    const files = [
      ...['astro.config.mjs', 'package-lock.json', 'project.ts', 'site/public/og.png'],
      ...['content/a/index.mdx', 'content/a/b/server.ts', 'components/a.css', 'lab/a.json'],
      ...['protocol/a.ts', 'libevent/event/event.ts'],
    ];
    for (const file of files) write(file, 'one');
    const stamps = [inputsStamp(root, {})];
    for (const file of files) {
      write(file, 'two');
      stamps.push(inputsStamp(root, {}));
    }
    stamps.push(inputsStamp(root, { SITE: 'https://readable.example' }));
    stamps.push(inputsStamp(root, { READABLE_BASE: '/book/' }));
    assert.equal(new Set(stamps).size, stamps.length);
    // The same again is the same: neither times nor tests count.
    for (const file of files) write(file, 'two');
    write('content/a/b/server.test.ts', 'a test');
    assert.equal(inputsStamp(root, { PATH: '/bin' }), stamps[files.length]);
    rmSync(root, { recursive: true });
  });

  test('is in its stamp: the commit that the footer names', () => {
    const root = mkdtempSync(join(tmpdir(), 'stamp-'));
    const git = (...args: string[]): void => {
      const author = ['-c', 'user.name=a', '-c', 'user.email=a@b.example'];
      execFileSync('git', ['-C', root, ...author, ...args], { stdio: 'ignore' });
    };
    try {
      writeFileSync(join(root, 'project.ts'), 'one');
      const stamps = [inputsStamp(root, {})];
      git('init');
      git('add', 'project.ts');
      git('commit', '--message', 'one');
      stamps.push(inputsStamp(root, {}));
      git('commit', '--allow-empty', '--message', 'two');
      stamps.push(inputsStamp(root, {}));
      assert.equal(new Set(stamps).size, stamps.length);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

test('a start on a port that is taken says so before it builds anything', async () => {
  await using server = await ServerProcess.start();
  await using second = Program.start(
    [process.execPath, '--disable-warning=ExperimentalWarning', join(ROOT, 'scripts', 'start.ts')],
    { environment: { PORT: String(server.port), SITE: `https://${await freePort()}.example` } },
  );
  assert.equal(await second.close(), 1);
  assert.match(second.printed, /is taken/);
  assert.doesNotMatch(second.printed, /Building/);
});
