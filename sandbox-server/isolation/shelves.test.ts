import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { HOSTS, Shelves } from './shelves.ts';
import { switchesUser } from './users.ts';

const USER = switchesUser() ? 60_123 : undefined;

test('a shelf has what was put there, for the sandbox’s user, until it is taken away', (t) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'readable-shelves-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  for (const lab of ['with-hosts', 'without']) {
    fs.mkdirSync(join(folder, lab));
    fs.writeFileSync(join(folder, lab, 'server.ts'), lab);
  }
  fs.writeFileSync(join(folder, 'with-hosts', 'hosts'), '127.0.0.1 somewhere');

  const shelves = new Shelves(folder);
  const [first, second] = [shelves.make(USER), shelves.make(USER)];
  assert.deepEqual(fs.readdirSync(first.path), []);
  first.add(join(folder, 'with-hosts'), []);
  const edits = [{ file: 'server.ts', code: Buffer.from('the reader’s own') }];
  const copy = second.add(join(folder, 'without'), edits);
  assert.equal(fs.readFileSync(join(first.path, 'with-hosts/server.ts'), 'utf8'), 'with-hosts');
  assert.equal(fs.readFileSync(join(first.path, HOSTS), 'utf8'), '127.0.0.1 somewhere');
  assert.deepEqual(fs.readdirSync(second.path), ['without']);
  assert.equal(fs.readFileSync(join(copy, 'server.ts'), 'utf8'), 'the reader’s own');
  assert.equal(fs.readFileSync(join(folder, 'without', 'server.ts'), 'utf8'), 'without');
  // Others can neither look into it nor find it.
  assert.equal(fs.statSync(first.path).mode & 0o777, 0o750);
  if (USER !== undefined) assert.equal(fs.statSync(first.path).gid, USER);

  const pipe = fs.statSync(second.addPipe('.pipe'));
  assert.ok(pipe.isFIFO());
  assert.equal(pipe.uid, USER ?? process.getuid?.());
  first.remove();
  assert.ok(!fs.existsSync(first.path) && fs.existsSync(second.path));
  shelves.close();
  assert.ok(!fs.existsSync(dirname(first.path)));
});
