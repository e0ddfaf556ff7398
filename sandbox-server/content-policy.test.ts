import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentPolicy } from './content-policy.ts';

/** The script and the hash of the specification’s own example: CSP 3, 8.4. */
const EXAMPLE = "alert('Hello, world.');";
const HASH = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";

function scriptSources(html: string): string[] {
  const directives = contentPolicy(html).split('; ');
  const [, ...sources] =
    directives.find((each) => each.startsWith('script-src '))?.split(' ') ?? [];
  return sources;
}

test('a script in the page is allowed by its hash, once, whatever its tag says', () => {
  const tags = ['<script>', '<script type="module">', '<script aria-hidden="true">', '<SCRIPT>'];
  const html = tags.map((tag) => `${tag}${EXAMPLE}</script>`).join('\n');
  assert.deepEqual(scriptSources(html), ["'self'", "'wasm-unsafe-eval'", HASH]);
});

test('neither a script of a file nor data needs a hash, and the script after them gets its own', () => {
  const data = '<script type="application/json">{"src":1}</script>';
  const html = `<script type="module" src="/a.js"></script>${data}<script>${EXAMPLE}</script >`;
  assert.deepEqual(scriptSources(html).slice(2), [HASH]);
});

test('no inline script, no eval, no host and no frame is allowed in general', () => {
  const policy = contentPolicy(`<p onclick="x()"><script>${EXAMPLE}</script>`);
  const [, scripts = ''] = /script-src ([^;]*)/.exec(policy) ?? [];
  assert.doesNotMatch(scripts, /unsafe-inline|'unsafe-eval'|unsafe-hashes|https?:|\*|data:/);
  for (const directive of [
    "default-src 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "connect-src 'self'",
  ]) {
    assert.ok(policy.split('; ').includes(directive), directive);
  }
});
