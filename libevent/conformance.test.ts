import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** A row of the table: `| L01 | listener/evconnlistener.test.ts: … |`. */
const ROW = /^\| ([A-Z]\d\d) +\| (.*) \|$/gm;
/** A departure: `| S04 what | in C | here | its test files, or one and the name of a test or its beginning |`. */
const DEPARTURE = /^\| ([A-Z]\d\d) [^|]+\|[^|]+\|[^|]+\| ([^|]+) \|$/gm;
const TEST_FILE = /[\w/]+\.test\.ts/g;

test('every test that CONFORMANCE.md names is there, and no row is empty', () => {
  const here = import.meta.dirname;
  const table = readFileSync(join(here, 'CONFORMANCE.md'), 'utf8');
  const seen = new Set<string>();
  for (const [, number = '', evidence = ''] of table.matchAll(ROW)) {
    assert.ok(!seen.has(number), `${number} has two rows`);
    seen.add(number);
    assert.ok(evidence.trim().length > 0, `${number} has no evidence`);
    const files = [...new Set(evidence.match(TEST_FILE) ?? [])];
    for (const file of files) assert.ok(existsSync(join(here, file)), `${number}: ${file}`);
    if (files.length === 0) continue;
    const named = files.some((file) => readFileSync(join(here, file), 'utf8').includes(number));
    assert.ok(named, `no test in ${files.join(', ')} names ${number}`);
  }
  assert.equal(seen.size, 192);
});

test('every departure from C has a test of its number, or of its name, in the files of its row', () => {
  const here = import.meta.dirname;
  const table = readFileSync(join(here, 'CONFORMANCE.md'), 'utf8');
  const departures = [...table.matchAll(DEPARTURE)];
  assert.ok(departures.length >= 45, String(departures.length));
  for (const [, number = '', evidence = ''] of departures) {
    const files = evidence.match(TEST_FILE) ?? [];
    assert.ok(files.length > 0, `${number} names no test`);
    const name = /\.test\.ts: (.*\S)/.exec(evidence)?.[1] ?? number;
    for (const file of files) {
      const source = readFileSync(join(here, file), 'utf8');
      const names = source.match(/\btest\(\s*(['`]).*?\1/gs) ?? [];
      assert.ok(
        names.some((test) => test.includes(name)),
        `${file} has no test "${name}"`,
      );
    }
  }
});
