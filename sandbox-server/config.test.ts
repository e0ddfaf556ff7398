import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../project.ts';
import { readConfig, settingTexts } from './config.ts';

test('without settings: port 4321 on loopback', () => {
  const config = readConfig({});
  assert.equal(config.port, 4321);
  assert.equal(config.host, '127.0.0.1');
  assert.deepEqual(config.hosts, []);
  assert.equal(config.base, '/');
  assert.equal(config.sessions, undefined);
});

test('settings are read as what they mean', () => {
  const config = readConfig({
    PORT: '80',
    READABLE_HOSTS: 'a.example  b.example:8080',
    READABLE_SESSIONS: '7',
    READABLE_BASE: '/book',
    READABLE_DRAIN: '0',
    READABLE_LOG: 'json',
  });
  assert.equal(config.port, 80);
  assert.deepEqual(config.hosts, ['a.example', 'b.example:8080']);
  assert.equal(config.base, '/book/');
  assert.equal(config.sessions, 7);
  assert.equal(config.drain, 0);
  assert.equal(config.log, 'json');
});

test('an empty variable is one that is not set', () => {
  const names = settingTexts().map(({ name }) => name);
  const empty = Object.fromEntries(names.map((name) => [name, '']));
  assert.deepEqual(readConfig(empty), readConfig({}));
  const blank = Object.fromEntries(names.map((name) => [name, ' ']));
  assert.deepEqual(readConfig(blank), readConfig({}));
});

test('an error names every variable at fault, its value, and what it may be', () => {
  const environment = {
    PORT: '70000',
    READABLE_SESSIONS: 'abc',
    READABLE_TIME_LIMIT: '1e3',
    READABLE_OUTPUT_LIMIT: '0',
    READABLE_ISOLATION: 'magic',
    READABLE_LOG: 'loud',
    READABLE_PROXY: '10.0.0.0/33',
    READABLE_BASE: 'book',
    SITE: 'https://readable.example/book/',
  };
  assert.throws(() => readConfig(environment), {
    message: [
      'The settings can’t be used:',
      'READABLE_BASE=book: it must be a path such as /book/.',
      'SITE=https://readable.example/book/: it must end with the host. A path goes into READABLE_BASE.',
      'PORT=70000: it must be a whole number, 0 to 65,535.',
      'READABLE_PROXY=10.0.0.0/33: “10.0.0.0/33” is neither an address nor a network such as 10.0.0.0/8.',
      'READABLE_SESSIONS=abc: it must be a whole number, 1 or more.',
      'READABLE_TIME_LIMIT=1e3: it must be a whole number, 1 to 2,147,483.',
      'READABLE_OUTPUT_LIMIT=0: it must be a whole number, 1 or more.',
      'READABLE_ISOLATION=magic: it must be bubblewrap, unshare or none.',
      'READABLE_LOG=loud: it must be silent, text or json.',
    ].join('\n  '),
  });
});

test('a server’s name is what a path and a host’s name can hold', () => {
  assert.equal(readConfig({}).name, undefined);
  for (const name of ['a', 'readable-0', '7', 'x'.repeat(63)]) {
    assert.equal(readConfig({ READABLE_NAME: name }).name, name);
  }
  for (const wrong of ['-a', 'a-', 'a.b', 'A', 'a/b', 'x'.repeat(64)]) {
    assert.throws(() => readConfig({ READABLE_NAME: wrong }), /READABLE_NAME/, wrong);
  }
});

test('a time limit is one that a timer can keep', () => {
  assert.equal(readConfig({ READABLE_TIME_LIMIT: '2147483' }).timeLimit, 2_147_483);
  assert.throws(() => readConfig({ READABLE_TIME_LIMIT: '2147484' }), /READABLE_TIME_LIMIT/);
});

test('a host is taken however an operator has it at hand, and is as browsers say it', () => {
  const said = [
    ['https://readable.example/', 'readable.example'],
    ['http://Readable.Example:8080', 'readable.example:8080'],
    ['readable.example:443', 'readable.example'],
    ['readable.example:80', 'readable.example'],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '[2001:db8::1]'],
    ['[2001:db8::1]:8080', '[2001:db8::1]:8080'],
    ['bücher.example', 'xn--bcher-kva.example'],
  ] as const;
  for (const [written, meant] of said) {
    assert.deepEqual(readConfig({ READABLE_HOSTS: written }).hosts, [meant], written);
  }
  const several = readConfig({ READABLE_HOSTS: 'a.example, https://b.example' });
  assert.deepEqual(several.hosts, ['a.example', 'b.example']);
});

test('what is not a host is refused with the right spelling', () => {
  for (const wrong of ['*.example', 'https://a.example/book/', 'a@b.example', 'a:b', 'ws://a.b/']) {
    assert.throws(
      () => readConfig({ READABLE_HOSTS: wrong }),
      ({ message }: Error) =>
        message.includes(`READABLE_HOSTS=${wrong}`) && message.includes('readable.example:8080'),
      wrong,
    );
  }
});

test('a misspelt variable is told, with the one that was meant', () => {
  const { warnings } = readConfig({ READABLE_SESSION: '3', READABLE_COLOUR: 'red', PATH: '/bin' });
  assert.deepEqual(warnings, [
    'READABLE_SESSION is not a setting. Did you mean READABLE_SESSIONS?',
    'READABLE_COLOUR is not a setting. See “Host it” in the README.',
  ]);
});

test('README has the same table', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const rows = readme
    .split('\n')
    .filter((line) => /^\| `(?:PORT|HOST|SITE|READABLE_\w+)`/.test(line))
    .map((line) => line.split('|').slice(1, -1));
  const cells = rows.map((row) => row.map((cell) => cell.trim()));
  assert.deepEqual(
    cells,
    settingTexts().map(({ name, fallback, allowed, meaning }) => [
      `\`${name}\``,
      // A value stands as code; words do not.
      /^[\w./]+$/.test(fallback) ? `\`${fallback}\`` : fallback,
      allowed,
      meaning,
    ]),
  );
});

test('a reader has four runs, and this computer any number, unless somebody says otherwise', () => {
  assert.deepEqual(readConfig({}).perReader, { most: 4, loopback: false });
  assert.deepEqual(readConfig({ READABLE_PER_READER: '4' }).perReader, { most: 4, loopback: true });
});

test('the field that proxies write is a name, and one whose form is known', () => {
  assert.equal(readConfig({}).proxies.header, 'x-forwarded-for');
  assert.equal(
    readConfig({ READABLE_PROXY_HEADER: 'CF-Connecting-IP' }).proxies.header,
    'cf-connecting-ip',
  );
  for (const wrong of ['Forwarded', 'X Real', 'X-Real-IP:']) {
    assert.throws(() => readConfig({ READABLE_PROXY_HEADER: wrong }), /READABLE_PROXY_HEADER/);
  }
});
