import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exerciseSchema, linesToChange } from './exercise.ts';
import { withoutRegionMarks } from './regions.ts';

const GIVEN = { task: 'Mend it.', hints: ['Look.'], solution: 'solution.ts', check: 'check.ts' };

test('an exercise has a task, one to five hints, a solution and a check', () => {
  assert.ok(exerciseSchema.safeParse(GIVEN).success);
  for (const wrong of [
    { ...GIVEN, hints: [] },
    { ...GIVEN, hints: Array<string>(6).fill('Look.') },
    { ...GIVEN, solution: '../solution.ts' },
    { ...GIVEN, solution: `${'x'.repeat(61)}.ts` },
    { ...GIVEN, task: '' },
    { ...GIVEN, answer: '' },
  ]) {
    assert.ok(!exerciseSchema.safeParse(wrong).success, JSON.stringify(wrong));
  }
});

test('the lines to be changed are counted without the marks', () => {
  const text = [
    ...['// #region head', 'one', '// #endregion', '', 'two', '', '// #region change'],
    ...['three', 'four', '// #endregion', '', 'five', ''],
  ].join('\n');
  const { first, last } = linesToChange(text, 'server.ts');
  const lines = withoutRegionMarks(text).split('\n');
  assert.deepEqual(lines.slice(first - 1, last), ['three', 'four']);
});

test('a program without marks is told of', () => {
  assert.throws(() => linesToChange('one\n', 'server.ts'), /server\.ts: mark the part/);
});
