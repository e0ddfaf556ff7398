import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as library from './index.ts';
import * as sys from './sys/index.ts';

/** How many functions, and macros that are called like one, the headers of libevent 2.1.12 have. */
const FUNCTIONS = {
  'event2/event.h': 87,
  'event2/buffer.h': 51,
  'event2/bufferevent.h': 62,
  'event2/listener.h': 9,
  'event2/util.h': 42,
  'From elsewhere': 3,
};
const ROW = /^\| `(\w+)\(\)` +\| ([^|]+?) +\|(.*)\|$/gm;

interface Row {
  readonly name: string;
  readonly here: readonly string[];
  readonly note: string;
}

const here = import.meta.dirname;

/** The tables of FUNCTIONS.md, by the name of what they are about. */
function tables(): ReadonlyMap<string, readonly Row[]> {
  const [, ...sections] = readFileSync(join(here, 'FUNCTIONS.md'), 'utf8').split(/^## /m);
  return new Map(
    sections.map((section) => [
      section.slice(0, section.indexOf('\n')),
      [...section.matchAll(ROW)].map(([, name = '', names = '', note = '']) => ({
        name,
        here: names === '–' ? [] : names.split(', '),
        note: note.trim(),
      })),
    ]),
  );
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' || typeof value === 'function'
    ? Reflect.get(value ?? {}, name)
    : undefined;
}

/** Whether there is what a table writes as `f()`, `sys.f()`, `new C()` or `C.method()`. */
function isHere(text: string): boolean {
  const [, start = '', owner, name = ''] = /^`(new |)(?:(\w+)\.)?(\w+)\(\)`$/.exec(text) ?? [];
  if (owner === undefined) return start === 'new ' ? isClass(name) : isFunction(library, name);
  if (owner === 'sys') return isFunction(sys, name);
  const type = memberOf(library, owner);
  return isFunction(type, name) || isFunction(memberOf(type, 'prototype'), name);
}

function isFunction(owner: unknown, name: string): boolean {
  return typeof memberOf(owner, name) === 'function';
}

function isClass(name: string): boolean {
  return memberOf(memberOf(library, name), 'prototype') !== undefined;
}

test('FUNCTIONS.md has a row for each function of the five headers', () => {
  const counts = Array.from(tables(), ([title, rows]) => {
    assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length, title);
    return [title, rows.length] as const;
  });
  assert.deepEqual(Object.fromEntries(counts), FUNCTIONS);
});

test('what FUNCTIONS.md says is here is here, and what is left out has a reason', () => {
  assert.ok(!isHere('`noSuchFunction()`') && !isHere('`Event.noSuchMethod()`'));
  assert.ok(!isHere('`new NoSuchClass()`') && !isHere('`sys.noSuchCall()`'));
  for (const { name, here: names, note } of [...tables().values()].flat()) {
    for (const each of names) assert.ok(isHere(each), `${name}: ${each}`);
    assert.ok(names.length > 0 || note.length > 0, name);
  }
});

test('FUNCTIONS.md leaves out nothing that a comment says is here', () => {
  const rows = new Map(
    [...tables().values()].flat().map(({ name, here: names }) => [name, names.length]),
  );
  const files = globSync('{core,event,buffer,bufferevent,listener}/*.ts', { cwd: here });
  for (const file of [...files, 'evutil.ts', 'version.ts']) {
    if (file.endsWith('.test.ts')) continue;
    // As the reference reads them: what a summary says after its colon.
    const source = readFileSync(join(here, file), 'utf8').replaceAll(/\n\s*\* ?/g, ' ');
    for (const [, name = ''] of source.matchAll(/: `((?:ev[a-z]+|bufferevent)_[a-z0-9_]+)\(\)`/g)) {
      assert.ok((rows.get(name) ?? 0) > 0, `${name} of ${file}`);
    }
  }
});
