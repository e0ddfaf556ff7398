/**
 * Checks programs that readers wrote, each question a line of JSON on standard input and its answer one on
 * standard output. The server ends this process when an answer takes too long, and starts another one.
 */
import { createInterface } from 'node:readline';
import { READY, jsonLine } from './check-words.ts';
import { readProgram } from './syntax.ts';

// Node loads its parser for the first text, so that nobody waits for it later.
readProgram('const ready: boolean = true;');
console.log(READY);
for await (const question of createInterface(process.stdin)) {
  const texts: unknown = JSON.parse(question);
  if (!Array.isArray(texts)) throw new Error('not a list of texts');
  const readings = texts.map((text) => readProgram(String(text)));
  process.stdout.write(jsonLine(readings));
  // What has failed in there may answer anything from now on.
  if (readings.some(({ kind }) => kind === 'broken')) break;
}
process.exit();
