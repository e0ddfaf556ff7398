import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineLab, parseLab } from './definition.ts';
import { shownLine } from './regions.ts';
import { lineRunsOf, shownPrograms } from './shown-programs.ts';
import { shownOf } from './source-line.ts';

const lab = defineLab({
  id: 'a-lab',
  title: 'A lab',
  predict: 'What?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening' },
  clients: ['alice'],
  scenario: [{ caption: 'It listens.', expect: [{ program: 'server', prints: 'Listening' }] }],
});
const server = [
  "import { rotate } from './rotate.ts';",
  '',
  '// #region first',
  '',
  'rotate();',
  '// #endregion',
  'done();',
  '',
].join('\n');
const programs = {
  '/content/chapter/a-lab/server.ts': server,
  '/content/chapter/a-lab/rotate.ts': "export * from './table.ts';\n",
  '/content/chapter/a-lab/table.ts': "import { rotate } from './rotate.ts';\n",
  '/content/chapter/a-lab/solution.ts': 'secret();\n',
  '/content/chapter/a-lab/lab.ts': '',
};

test('a lab shows its programs to edit and what they import to read, and nothing else', () => {
  const shown = shownPrograms(
    'a-lab',
    { '/content/chapter/a-lab/lab.ts': { default: lab } },
    programs,
  );
  assert.deepEqual(
    shown.map(({ file, isEditable }) => [file, isEditable]),
    [
      ['server.ts', true],
      ['rotate.ts', false],
      ['table.ts', false],
    ],
  );
});

test('a line of the file is found in the text that is shown', () => {
  const shown = shownPrograms(
    'a-lab',
    { '/content/chapter/a-lab/lab.ts': { default: lab } },
    programs,
  );
  const { text = '', unshown = [] } = shown[0] ?? {};
  const lines = text.split('\n');
  for (const [index, line] of server.split('\n').entries()) {
    if (line === '' || line.startsWith('// #')) continue;
    assert.equal(lines[shownLine(index + 1, unshown) - 1], line);
  }
});

test('a line that runs is found in the text that is shown, in a way that changes lines too', () => {
  const ways = [
    { name: 'plain', label: 'as it is' },
    {
      name: 'twice',
      label: 'twice',
      patch: [{ replace: 'rotate();', by: 'rotate();\nrotate();' }],
    },
  ];
  const changed = parseLab({ ...lab, server: { ...lab.server, ways } }, 'lab.ts', 'a-lab');
  const runs = lineRunsOf(programs, changed, '/content/chapter/a-lab', 'server.ts');
  const { text = '' } =
    shownPrograms('a-lab', { '/content/chapter/a-lab/lab.ts': { default: lab } }, programs)[0] ??
    {};
  const shown = text.split('\n');
  const lineOf = (line: number, way: string): string | undefined =>
    shown[(shownOf(line, runs[way] ?? []) ?? 0) - 1];
  assert.equal(lineOf(5, ''), 'rotate();');
  assert.equal(lineOf(7, ''), 'done();');
  assert.equal(lineOf(3, ''), undefined);
  assert.equal(lineOf(5, 'twice'), 'rotate();');
  assert.equal(lineOf(6, 'twice'), 'rotate();');
  assert.equal(lineOf(8, 'twice'), 'done();');
});
