/**
 * What a page of the site may load and run: its Content-Security-Policy. Only the server can say it
 * for whole pages: some of the scripts inside are Starlight’s, which a build doesn’t ask about.
 */
import { createHash } from 'node:crypto';

/** A script whose text is what runs: neither one of a file nor data. */
const RUNS = /^(?!.*\b(?:src\s*=|type\s*=\s*["']?application\/(?:ld\+)?json))/is;
const SCRIPT = /<script\b([^>]*)>([^]*?)<\/script\s*>/gi;

/** What is the same for every page. */
const DIRECTIVES = [
  "default-src 'none'",
  "connect-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  // The colours of code are in the style attributes of its words, and xterm.js writes its own sheet.
  "style-src 'self' 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
];

/**
 * The policy for a page: scripts of this server, those in the page as it was built, each by its hash,
 * and the search’s WebAssembly. No others, and no text is ever made a script.
 */
export function contentPolicy(html: string): string {
  const inside = [...html.matchAll(SCRIPT)]
    .filter(([, attributes = '']) => RUNS.test(attributes))
    .map(([, , text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  const scripts = ["'self'", "'wasm-unsafe-eval'", ...new Set(inside)];
  return [...DIRECTIVES, `script-src ${scripts.join(' ')}`].join('; ');
}
