import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLab } from './catalog.ts';

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

test('a wrong id names those that exist', () => {
  assert.throws(() => findLab('ehco', definitions, programs), {
    message:
      'There is no lab “ehco”. The labs are: echo. A lab is a folder content/CHAPTER/ehco/ with a lab.ts.',
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
