/**
 * Attacks what it is told to, a line each: the name of a file beside this one, and what that has to know as
 * JSON. Prints what came of it, as JSON too.
 */
import { createInterface } from 'node:readline';
import type { Attack } from './kernel.ts';

function isAttack(value: unknown): value is Attack {
  return typeof value === 'function';
}

function attackOf(module: unknown): Attack {
  const found =
    typeof module === 'object' && module && 'default' in module ? module.default : undefined;
  if (!isAttack(found)) throw new Error('this is no attack');
  return found;
}

async function attack(line: string): Promise<void> {
  const [, name = '', given = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
  const module: unknown = await import(`./${name}.ts`);
  const found = await attackOf(module)(JSON.parse(given));
  console.log(`result ${name} ${JSON.stringify(found)} end`);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  attack(line).catch((error: unknown) => console.log('failed', line, error));
});
console.log('Told what to attack.');
