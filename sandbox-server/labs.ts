/** Finds the labs: every `lab.ts` under the content folder, each by the schema of `lab/definition.ts`. */
import { existsSync, globSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isTraced, parseLab, programsOf, type Lab } from '../lab/definition.ts';
import type { Importable } from '../lab/imports.ts';
import { definitionsPattern, labFile } from '../lab/folder.ts';
import { didYouMean, either } from '../lab/nearest.ts';
import { patchedWays, textOfWay } from '../lab/patch.ts';
import { messageOf } from '../message-of.ts';
import { importsIn, treeOf } from './guest/imports.ts';
import { pathInProject, stripTypes } from './strip-types.ts';

/** A lab and where it is. */
export interface LoadedLab {
  readonly definition: Lab;
  /** The folder with its programs. */
  readonly folder: string;
  /**
   * What its programs can import, as paths in its folder, as it was when the lab was loaded: the programs, and
   * what they import.
   */
  readonly importable: readonly string[];
}

/** What programs can import in a lab, those of its readers too. */
export function importableIn({ definition, importable }: LoadedLab): Omit<Importable, 'isBuiltin'> {
  return { files: importable, connects: isTraced(definition) || definition.server.networks };
}

/** What a lab is made from. */
export type LabSource = Pick<LoadedLab, 'definition' | 'folder'>;

/** A way that changes a program, and the whole text that runs instead. */
export interface WayText {
  readonly way: string;
  readonly file: string;
  readonly text: string;
}

/**
 * The programs that a lab’s ways run instead of its files, as the files are now.
 * @throws PatchMistake for a way that does not fit its program, with what to do
 */
export function wayTexts({ definition, folder }: LabSource): WayText[] {
  return patchedWays(programsOf(definition)).map((patched) => {
    const { way, file } = patched;
    const text = readFileSync(join(folder, file), 'utf8');
    return { way, file, text: textOfWay(pathInProject(join(folder, 'lab.ts')), patched, text) };
  });
}

/** The files that a program imports beside it and below, without its types. */
function importedBy(code: string, file: string): string[] {
  const tree = treeOf(code);
  if (typeof tree !== 'object') return [];
  return importsIn(tree, code)
    .filter(({ specifier }) => specifier.startsWith('./'))
    .map(({ specifier }) => join(dirname(file), specifier));
}

/**
 * The programs of a lab, and what they import of its folder. Nothing else that is there is for them: a reader’s
 * program that imports the solution, say, is none of the reader’s own.
 * @throws SyntaxMistake
 */
function importableFiles({ definition, folder }: LabSource, ways: readonly WayText[]): string[] {
  const found = new Set(programsOf(definition).map(({ program }) => program));
  // What is added meanwhile has its turn, too.
  for (const file of found) {
    const path = join(folder, file);
    const own = stripTypes(readFileSync(path, 'utf8'), path);
    const changed = ways
      .filter((each) => each.file === file)
      // A change that makes no TypeScript of it would be seen only by whoever chooses that way.
      .map(({ way, text }) => stripTypes(text, `${path} in the way “${way}”`));
    for (const other of [own, ...changed].flatMap((code) => importedBy(code, file))) {
      if (existsSync(join(folder, other))) found.add(other);
    }
  }
  return [...found];
}

function defaultExport(module: unknown): unknown {
  return module && typeof module === 'object' && 'default' in module ? module.default : undefined;
}

/** What is wrong with the TypeScript in a lab’s folder, a text for each file that can’t be read. */
function syntaxMistakes(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const path = join(folder, file);
    try {
      stripTypes(readFileSync(path, 'utf8'), path);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  });
}

/** Runs a `lab.ts`. @throws Error that names it: most that can go wrong inside says only what. */
async function importLab(path: string): Promise<unknown> {
  try {
    // A module is kept under its address: with its time in it, the file is read again once it is saved.
    return await import(`${pathToFileURL(path).href}?${statSync(path).mtimeMs}`);
  } catch (error) {
    throw new Error(`${pathInProject(path)} can’t be loaded: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Every `lab.ts` below the content folder, as paths. @param id only that of the lab with this id */
export function definitionsIn(content: string, id?: string): string[] {
  return globSync(definitionsPattern(id), { cwd: content })
    .sort()
    .map((file) => join(content, file));
}

/** The ids of all labs, whether they can be loaded or not. */
export function labIds(content: string): string[] {
  return definitionsIn(content).map((path) => labFile(path).id);
}

/**
 * Loads one lab.
 * @param path its `lab.ts`
 * @throws Error that tells the author which file to change, and how
 */
export async function loadLab(path: string): Promise<LoadedLab> {
  const folder = dirname(path);
  const mistakes = syntaxMistakes(folder);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  const name = pathInProject(path);
  const definition = parseLab(defaultExport(await importLab(path)), name, labFile(path).id);
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'lab.ts');
  const { exercise } = definition;
  const programs = programsOf(definition).map(({ program }) => program);
  for (const program of [...programs, ...(exercise ? [exercise.solution, exercise.check] : [])]) {
    if (files.includes(program)) continue;
    const others = files.length > 0 ? `there is ${either(files)}` : 'there is no program at all';
    throw new Error(
      `${name}: there is no program ${pathInProject(join(folder, program))}: ${others}.${didYouMean(program, files)}`,
    );
  }
  const lab = { definition, folder };
  return { ...lab, importable: importableFiles(lab, wayTexts(lab)) };
}

/** Adds the labs whose servers a measurement measures beside its own, if only some were asked for. */
async function addMeasured(
  { definition: { measures }, folder }: LoadedLab,
  content: string,
  labs: Map<string, LoadedLab>,
): Promise<void> {
  if (measures?.kind !== 'servers') return;
  for (const { lab: id } of measures.beside) {
    if (labs.has(id)) continue;
    const [path] = definitionsIn(content, id);
    if (path === undefined) {
      throw new Error(
        `${pathInProject(join(folder, 'lab.ts'))}: there is no lab “${id}” to measure.${didYouMean(id, labIds(content))}`,
      );
    }
    labs.set(id, await loadLab(path));
  }
}

/**
 * Loads all labs, by id.
 * @param content the folder whose `CHAPTER/ID/lab.ts` files to read
 * @param id only the lab with this id, and what it is measured beside
 * @throws Error that tells the author of all the labs that can’t be used which file to change, and how
 */
export async function loadLabs(
  content: string,
  id?: string,
): Promise<ReadonlyMap<string, LoadedLab>> {
  const labs = new Map<string, LoadedLab>();
  const mistakes: string[] = [];
  for (const path of definitionsIn(content, id)) {
    try {
      const lab = await loadLab(path);
      const twin = labs.get(lab.definition.id);
      if (twin) {
        throw new Error(
          `${pathInProject(path)}: ${pathInProject(twin.folder)} already has the id “${lab.definition.id}”`,
        );
      }
      labs.set(lab.definition.id, lab);
    } catch (error) {
      mistakes.push(messageOf(error));
    }
  }
  for (const lab of [...labs.values()]) {
    try {
      await addMeasured(lab, content, labs);
    } catch (error) {
      mistakes.push(messageOf(error));
    }
  }
  if (mistakes.length > 0) throw new Error(mistakes.join('\n\n'));
  return labs;
}
