import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineLab } from './definition.ts';
import { shownLine } from './regions.ts';
import { shownPrograms } from './shown-programs.ts';

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
