/** Finds what the programs of a lab import and may not: lint says the same, but an author plays first. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { FORBIDDEN_IMPORTS, WHY_FORBIDDEN } from '../lab/imports.ts';
import { pathInProject } from '../sandbox-server/strip-types.ts';

/** A message for each import of a program that it may not have. */
export function forbiddenImports(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return ts.preProcessFile(text).importedFiles.flatMap(({ fileName, pos }) => {
    if (!FORBIDDEN_IMPORTS.includes(fileName)) return [];
    const before = text.slice(0, pos).split('\n');
    const place = `${pathInProject(path)}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
    return [`${place}: this imports “${fileName}”. ${WHY_FORBIDDEN}`];
  });
}
