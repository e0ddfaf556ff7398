import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ESLint, Linter } from 'eslint';
import * as z from 'zod';
import { CONTENT, ROOT } from '../project.ts';
import { forbiddenImports } from './forbidden-imports.ts';

const INSTEAD = /through libevent-ts, so that .* Use socket, .* of “libevent-ts\/sys”/;

test('an import of Node’s networking is told with its place, why not, and what instead', () => {
  const folder = mkdtempSync(join(tmpdir(), 'imports-'));
  const path = join(folder, 'server.ts');
  try {
    writeFileSync(
      path,
      "// import { connect } from 'tls';\n" +
        "import { once } from 'node:events';\n" +
        "import { createServer } from 'node:net';\n" +
        "import { socket } from 'libevent-ts/sys';\n" +
        "const { lookup } = await import('dns/promises');\n",
    );
    const [net = '', dns = '', ...more] = forbiddenImports(path);
    assert.ok(net.startsWith(`${path}:3:30: this imports “node:net”. `), net);
    assert.ok(dns.startsWith(`${path}:5:33: this imports “dns/promises”. `), dns);
    assert.match(net, INSTEAD);
    assert.deepEqual(more, []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('lint says the same of a program', async () => {
  const filePath = join(CONTENT, 'listeners', 'echo-listener', 'server.ts');
  const config = z
    .object({ rules: z.object({ 'no-restricted-imports': z.tuple([z.literal(2), z.unknown()]) }) })
    .parse(await new ESLint({ cwd: ROOT }).calculateConfigForFile(filePath));
  // This rule alone: the others read the types of the whole project.
  const messages = new Linter().verify("import 'node:net';\n", [config]);
  assert.match(messages.map(({ message }) => message).join('\n'), INSTEAD);
});
