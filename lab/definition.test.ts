import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseLab, type LabDefinition } from './definition.ts';

const lab: LabDefinition = {
  id: 'echo',
  title: 'An echo',
  predict: 'What comes back?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening' },
  clients: ['alice'],
  scenario: [
    { caption: 'Bob connects.', action: { client: 'bob', connects: true } },
    {
      caption: 'He types.',
      action: { client: 'bob', types: 'hello\n' },
      expect: [
        { client: 'bob', receives: 'hello\n' },
        { client: 'alice', receivesNothingFor: 100 },
        { program: 'server', prints: 'Connection' },
      ],
    },
  ],
};

function refusal(changed: unknown): string {
  try {
    parseLab(changed, 'content/chapter/echo/lab.ts', 'echo');
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return 'it was accepted';
}

suite('a lab definition', () => {
  test('is accepted, with what the author left out filled in', () => {
    assert.deepEqual(parseLab(lab, 'lab.ts', 'echo').scenario[0]?.expect, []);
  });

  test('names its file and the field at fault', () => {
    const message = refusal({ ...lab, server: { ...lab.server, port: 70_000 } });
    assert.match(message, /content\/chapter\/echo\/lab\.ts/);
    assert.match(message, /server\.port/);
  });

  test('has no fields that nobody reads', () => {
    assert.match(refusal({ ...lab, titel: 'x' }), /titel/);
  });

  test('lets only connected clients act', () => {
    const scenario = [{ caption: 'Zoe types.', action: { client: 'zoe', types: 'x' } }];
    assert.match(refusal({ ...lab, scenario }), /no client “zoe” is connected at this step/);
  });

  test('knows its programs', () => {
    const scenario = [{ caption: 'x', expect: [{ program: 'sever', prints: 'x' }] }];
    assert.match(refusal({ ...lab, scenario }), /no program “sever”/);
  });

  test('keeps the name “server” for the server', () => {
    assert.match(refusal({ ...lab, clients: ['server'] }), /“server” is taken/);
  });

  test('runs programs of its own folder only', () => {
    const server = { ...lab.server, program: '../../etc/passwd.ts' };
    assert.match(refusal({ ...lab, server }), /server\.program/);
  });
});
