import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLab, findProgram, recordingOf, sourceOf } from './catalog.ts';

const definition = {
  id: 'echo',
  title: 'Echo',
  predict: 'What comes back?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening' },
  clients: ['alice'],
  scenario: [{ caption: 'Nothing happens.' }],
};
const definitions = { '/content/listeners/echo/lab.ts': { default: definition } };
const programs = { '/content/listeners/echo/server.ts': 'listen();\n' };
const marked = {
  '/content/processes/rot13-fork/server.ts': `import { fork } from 'libevent-ts/sys';

// #region child
function child(fd: number): void {
  serve(fd);
}
// #endregion

function main(): void {
  // #region fork
  if (fork() === 0) child(fd);
  // #endregion fork
}
`,
  '/content/processes/rot13-fork/lab.ts': 'export default 1;\n',
  '/content/select/rot13-select/server.ts': 'select();\n',
};

test('a lab is found by its folder, with its program and defaults filled in', () => {
  const { lab, sources } = findLab('echo', definitions, programs);
  assert.deepEqual(sources, [{ file: 'server.ts', text: 'listen();\n' }]);
  assert.deepEqual(lab.scenario[0]?.expect, []);
});

test('each program is shown once, the one that the reader starts first, without region marks', () => {
  const client = { name: 'fetch', program: 'fetch.ts', starts: 'on-demand' };
  const second = { name: 'second', program: 'server.ts', starts: 'with', ready: 'Listening' };
  const several = {
    '/content/listeners/echo/lab.ts': { default: { ...definition, programs: [client, second] } },
  };
  const { sources } = findLab('echo', several, {
    ...programs,
    '/content/listeners/echo/fetch.ts': '// #region all\nfetch();\n// #endregion\n',
  });
  assert.deepEqual(sources, [
    { file: 'fetch.ts', text: 'fetch();\n' },
    { file: 'server.ts', text: 'listen();\n' },
  ]);
});

test('a way that changes a program is shown with both texts, without region marks', () => {
  const patched = (replace: string): unknown => ({
    ...definition,
    server: {
      ...definition.server,
      ways: [
        { name: 'plain', label: 'as it is' },
        { name: 'deaf', label: 'without listen()', patch: [{ replace, by: 'wait();' }] },
      ],
    },
  });
  const path = '/content/listeners/echo/lab.ts';
  const text = '// #region all\nlisten();\n// #endregion\n';
  const files = { '/content/listeners/echo/server.ts': text };
  const found = findLab('echo', { [path]: { default: patched('listen();') } }, files);
  assert.deepEqual(found.ways, [
    {
      ...{ way: 'deaf', label: 'without listen()', file: 'server.ts' },
      ...{ before: 'listen();\n', after: 'wait();\n' },
    },
  ]);
  assert.throws(
    () => findLab('echo', { [path]: { default: patched('lisen();') } }, files),
    /listeners\/echo\/lab\.ts: the way “deaf” does not fit server\.ts: .*Line 2 is “listen\(\);”/,
  );
});

test('a wrong id names those that exist', () => {
  assert.throws(() => findLab('ehco', definitions, programs), {
    message:
      'There is no lab “ehco”. Did you mean “echo”? The labs are: echo. A lab is a folder content/CHAPTER/ehco/ with a lab.ts.',
  });
});

test('a missing program is named with its folder', () => {
  assert.throws(
    () => findLab('echo', definitions, {}),
    /names the program “server\.ts”, but \/content\/listeners\/echo\/ has no such file/,
  );
});

test('a definition with an error is refused with its file and field', () => {
  const broken = {
    '/content/listeners/echo/lab.ts': { default: { ...definition, clients: ['9'] } },
  };
  assert.throws(
    () => findLab('echo', broken, programs),
    /echo\/lab\.ts is not a lab yet:[^]*clients/,
  );
  assert.throws(
    () => findLab('echo', { '/content/listeners/echo/lab.ts': {} }, programs),
    /export a lab/,
  );
});

test('a page shows a region of a program, or without one the whole of it', () => {
  assert.equal(sourceOf(marked, 'rot13-fork', 'server.ts', 'fork'), 'if (fork() === 0) child(fd);');
  const shown = sourceOf(marked, 'rot13-fork', 'server.ts');
  assert.match(shown, /^import [^]*child\(fd\);[^]*\}$/);
  assert.doesNotMatch(shown, /#/);
});

test('what is not there is answered with what is', () => {
  assert.throws(() => findProgram(marked, 'rot13-frok', 'server.ts'), {
    message:
      'There is no lab “rot13-frok”. Did you mean “rot13-fork”? The labs are: rot13-fork, rot13-select.',
  });
  assert.throws(() => findProgram(marked, 'rot13-fork', 'client.ts'), {
    message: 'The lab “rot13-fork” has no file “client.ts”. Its files are: lab.ts, server.ts.',
  });
  assert.throws(() => sourceOf(marked, 'rot13-fork', 'server.ts', 'parent'), {
    message:
      '/content/processes/rot13-fork/server.ts has no region “parent”. Its regions are: child, fork.',
  });
  assert.throws(
    () => sourceOf(marked, 'rot13-select', 'server.ts', 'loop'),
    /It has none: mark one with \/\/ #region loop/,
  );
});

test('a recording is checked against its lab, and named if it is wrong', () => {
  const entry = findLab('echo', definitions, programs);
  assert.equal(recordingOf(entry, {}), undefined);
  assert.throws(
    () => recordingOf(entry, { '/content/listeners/echo/recorded.json': {} }),
    /^Error: \/content\/listeners\/echo\/recorded\.json: its lab measures nothing/,
  );
});
