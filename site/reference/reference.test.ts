import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signatureCode, typeCode } from './code.ts';
import type { Doc, Entry } from './entry.ts';
import { cNamesIn, referenceMarkdown, withLinks } from './markdown.ts';
import { libraryNames } from './names.ts';
import { arrange } from './pages.ts';

const doc = (summary: string, more: Partial<Doc> = {}): Doc => ({
  summary,
  params: [],
  throws: [],
  ...more,
});
const entry = (own: Partial<Entry> & Pick<Entry, 'name' | 'kind' | 'file'>): Entry => ({
  module: own.file.startsWith('sys/') ? 'libevent-ts/sys' : 'libevent-ts',
  line: 1,
  code: [],
  docs: [doc('')],
  members: [],
  ...own,
});

const entries: Entry[] = [
  entry({
    name: 'Evconnlistener',
    kind: 'class',
    file: 'listener/evconnlistener.ts',
    code: ['class Evconnlistener<T>'],
    docs: [doc('Accepts: `struct evconnlistener`.')],
    members: [
      {
        name: 'setCb',
        kind: 'method',
        code: ['setCb(callback: null): void'],
        docs: [doc('Changes it: `evconnlistener_set_cb()`.')],
      },
      {
        name: 'newBind',
        kind: 'static',
        code: ['static newBind(fd: number): Evconnlistener'],
        docs: [
          doc('Makes one: `evconnlistener_new_bind()`; accept4(2). Until `setCb()`.', {
            params: [{ name: 'setCb', text: 'LEV_OPT_DISABLED or 0' }],
            throws: ['SystemError if it fails'],
          }),
        ],
      },
    ],
  }),
  entry({
    name: 'LEV_OPT_DISABLED',
    kind: 'constant',
    file: 'listener/listening_socket.ts',
    value: '32',
    docs: [doc('Do not accept | yet.')],
  }),
  entry({
    name: 'SystemError',
    kind: 'class',
    file: 'core/errors.ts',
    code: ['class SystemError'],
  }),
  entry({
    name: 'accept4',
    kind: 'function',
    file: 'sys/socket.ts',
    code: ['accept4(fd: number): number'],
    docs: [doc('Takes one: accept4(2).')],
  }),
];

test('a signature that is long has a line for each parameter', () => {
  assert.equal(
    signatureCode('f<T>', [{ name: 'a', type: 'T', optional: true }], ': void'),
    'f<T>(a?: T): void',
  );
  assert.equal(
    signatureCode('f', [{ name: 'a', type: 'number', value: '0' }], ''),
    'f(a: number = 0)',
  );
  assert.equal(signatureCode('f', [{ name: 'a', type: 'T', value: '...' }], ''), 'f(a?: T)');
  const long = Array.from({ length: 5 }, (_, i) => ({ name: `parameter${i}`, type: 'number' }));
  assert.match(
    signatureCode('f', long, ': void'),
    /^f\(\n {2}parameter0: number,\n[^]*,\n\): void$/,
  );
});

test('a long union has a line for each member', () => {
  assert.equal(typeCode('A', "'x' | 'y'"), "type A = 'x' | 'y';");
  const members = Array.from({ length: 9 }, (_, i) => `'member-${i}'`);
  assert.match(
    typeCode('A', members.join(' | ')),
    /^type A =\n {2}\| 'member-0'\n[^]*'member-8';$/,
  );
});

test('the names of C are those after the colon', () => {
  assert.deepEqual(cNamesIn('Makes a base: `event_base_new()`, `event_base_new_with_config()`.'), [
    'event_base_new',
    'event_base_new_with_config',
  ]);
  assert.deepEqual(cNamesIn('Like `evbuffer_drain()`, but slower.'), []);
  assert.deepEqual(cNamesIn('See: `add()`.'), []);
});

test('every export has a page, and pages without exports are left out', () => {
  const { library, system } = arrange(entries);
  assert.deepEqual(
    library.map(({ slug }) => slug),
    ['api/evconnlistener', 'api/errors-and-log'],
  );
  assert.deepEqual(
    system.map(({ slug }) => slug),
    ['api/sys/sockets'],
  );
  const strange = arrange([entry({ name: 'x', kind: 'function', file: 'sys/new.ts' })]);
  assert.equal(strange.system[0]?.title, 'Tracing and the rest');
});

test('names in a text are linked, code and links are left alone', () => {
  const find = (name: string): string | undefined =>
    ({ 'recv()': '/api/sys/sockets/#recv', EV_READ: '/api/event/#ev_read' })[name];
  assert.equal(
    withLinks('EV_READ, recv(2)', find),
    '[EV_READ](/api/event/#ev_read), [recv(2)](/api/sys/sockets/#recv)',
  );
  const alone = [
    '```ts\nEV_READ\n```',
    '[EV_READ](/x)',
    '<code>EV_READ</code>',
    '`open(2)` EV_NONE',
  ];
  for (const text of alone) assert.equal(withLinks(text, find), text);
  assert.equal(withLinks('`EV_READ` <code>EV_READ</code> EV_READ', find).match(/\]\(/g)?.length, 2);
});

test('a page has what a reader looks for', () => {
  const pages = referenceMarkdown(arrange(entries));
  assert.deepEqual(
    [...pages.keys()],
    ['api', 'api/c-names', 'api/evconnlistener', 'api/errors-and-log', 'api/sys/sockets'],
  );
  const page = pages.get('api/evconnlistener') ?? '';
  assert.match(page, /^---\nslug: "api\/evconnlistener"\n/);
  // Static methods come first, then the others.
  assert.ok(page.indexOf('### `newBind()`') < page.indexOf('### `setCb()`'));
  assert.match(page, /Until \[`setCb\(\)`\]\(\/api\/evconnlistener\/#setcb\)/);
  assert.match(page, /\[accept4\(2\)\]\(\/api\/sys\/sockets\/#accept4\)/);
  assert.match(
    page,
    /- <code>setCb<\/code>: \[LEV_OPT_DISABLED\]\(\/api\/evconnlistener\/#lev_opt_disabled\) or 0/,
  );
  assert.match(
    page,
    /- \*\*Throws\*\* \[SystemError\]\(\/api\/errors-and-log\/#systemerror\) if it fails/,
  );
  assert.match(
    page,
    /\| <code id="lev_opt_disabled">LEV_<wbr>OPT_<wbr>DISABLED<\/code> \| 32 \| Do not accept \\\| yet\. \|/,
  );
  // A function does not link to itself.
  assert.match(pages.get('api/sys/sockets') ?? '', /Takes one: accept4\(2\)\./);
  assert.match(
    pages.get('api/c-names') ?? '',
    /\| <code>evconnlistener_<wbr>set_<wbr>cb\(\)<\/code> \| Evconnlistener \[<code>set<wbr>Cb\(\)<\/code>\]\(\/api\/evconnlistener\/#setcb\) \|/,
  );
});

test('an editor is told of every export: its declaration, a sentence, where it is said, and its manual page', () => {
  const names = libraryNames(arrange(entries));
  const accept = names.find(({ name }) => name === 'accept4');
  assert.deepEqual(accept, {
    name: 'accept4',
    kind: 'function',
    module: 'libevent-ts/sys',
    code: 'accept4(fd: number): number',
    summary: 'Takes one: accept4(2).',
    link: '/api/sys/sockets/#accept4',
    manual: 'accept4(2)',
  });
  const listener = names.find(({ name }) => name === 'Evconnlistener');
  assert.equal(listener?.link, '/api/evconnlistener/#evconnlistener');
  assert.deepEqual(
    listener.members?.map(({ name, kind, link }) => [name, kind, link]),
    [
      ['setCb', 'method', '/api/evconnlistener/#setcb'],
      ['newBind', 'static', '/api/evconnlistener/#newbind'],
    ],
  );
  const flag = names.find(({ name }) => name === 'LEV_OPT_DISABLED');
  assert.equal(flag?.code, 'LEV_OPT_DISABLED = 32');
  assert.equal(flag.link, '/api/evconnlistener/#lev_opt_disabled');
});
