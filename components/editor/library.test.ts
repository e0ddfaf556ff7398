import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importOf, Library, manualLink, type Export, type Name } from './library.ts';

const what = { kind: 'function', code: '', summary: '', link: '/api/' };
const member = (name: string, kind = 'method') => ({ ...what, name, kind });
const exports: Export[] = [
  { ...what, name: 'recv', module: 'libevent-ts/sys', manual: 'recv(2)' },
  { ...what, name: 'Timeval', kind: 'interface', module: 'libevent-ts/sys' },
  {
    ...what,
    name: 'Evconnlistener',
    kind: 'class',
    module: 'libevent-ts',
    members: [member('newBind', 'static'), member('enable'), member('free')],
  },
  { ...what, name: 'EventBase', kind: 'class', module: 'libevent-ts', members: [member('loop')] },
];
const library = new Library(exports);
const names = (found: readonly Name[]): string[] => found.map(({ name }) => name);

test('after a class come its static members', () => {
  assert.deepEqual(names(library.members('Evconnlistener', '')), ['newBind']);
});

test('after a variable come the members of the class that the program gives it', () => {
  for (const program of [
    'const l = Evconnlistener.newBind(base, onAccept);',
    'let l: Evconnlistener<void> | undefined;',
    'function onAccept(l: Evconnlistener, fd: number): void {}',
    'using l = new Evconnlistener();',
  ]) {
    assert.deepEqual(names(library.members('l', program)), ['enable', 'free'], program);
  }
});

test('where the program does not tell, come those of all classes, each with its own', () => {
  const found = library.members('x', 'const x = make();');
  assert.deepEqual(names(found), ['enable', 'free', 'loop']);
  assert.deepEqual(
    found.map(({ owner }) => owner),
    ['Evconnlistener', 'Evconnlistener', 'EventBase'],
  );
  // No word, such as a call’s bracket, is no expression either.
  assert.equal(library.members('f()', 'f()').length, 3);
});

test('a word means an export, or a member after a dot', () => {
  assert.deepEqual(names(library.meanings('recv', undefined, '')), ['recv']);
  assert.deepEqual(names(library.meanings('loop', undefined, '')), []);
  assert.deepEqual(names(library.meanings('loop', 'base', 'const base = new EventBase()')), [
    'loop',
  ]);
  assert.deepEqual(names(library.meanings('enable', 'base', 'const base = new EventBase()')), []);
});

function imported(name: string, program: string): string {
  const found = library.export(name);
  assert.ok(found);
  const insertion = importOf(found, program);
  if (!insertion) return program;
  return program.slice(0, insertion.from) + insertion.insert + program.slice(insertion.from);
}

test('an import is put where it belongs, and only if it is missing', () => {
  assert.equal(imported('recv', 'x();\n'), "import { recv } from 'libevent-ts/sys';\nx();\n");
  assert.equal(
    imported('recv', "import { send } from 'libevent-ts/sys';\n"),
    "import { send, recv } from 'libevent-ts/sys';\n",
  );
  assert.equal(
    imported('Timeval', "import {\n  recv,\n  send,\n} from 'libevent-ts/sys';\n"),
    "import {\n  recv,\n  send,\n  type Timeval,\n} from 'libevent-ts/sys';\n",
  );
  assert.equal(
    imported('EventBase', "import { recv } from 'libevent-ts/sys';\n\nrecv();\n"),
    "import { recv } from 'libevent-ts/sys';\nimport { EventBase } from 'libevent-ts';\n\nrecv();\n",
  );
  for (const program of [
    "import { recv } from 'libevent-ts/sys';\n",
    "import {\n  send,\n  recv as get,\n} from 'libevent-ts/sys';\n",
    'function recv(): void {}\n',
  ]) {
    assert.equal(imported('recv', program), program);
  }
});

test('a manual page has its place on the web', () => {
  assert.equal(manualLink('recv(2)'), 'https://man7.org/linux/man-pages/man2/recv.2.html');
  assert.equal(manualLink('javascript:alert(1)'), undefined);
});
