/** Finds the labs: every `lab.ts` under the content folder, each by the schema of `lab/definition.ts`. */
import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseLab, type Lab } from '../lab/definition.ts';
import { definitionsPattern, labFile } from '../lab/folder.ts';

/** A lab and where it is. */
export interface LoadedLab {
  readonly definition: Lab;
  /** The folder with its programs. */
  readonly folder: string;
}

function defaultExport(module: unknown): unknown {
  return module && typeof module === 'object' && 'default' in module ? module.default : undefined;
}

/**
 * Loads all labs, by id.
 * @param content the folder whose `CHAPTER/ID/lab.ts` files to read
 * @param id only the lab with this id
 * @throws Error that tells the author which file to change, and how
 */
export async function loadLabs(
  content: string,
  id?: string,
): Promise<ReadonlyMap<string, LoadedLab>> {
  const labs = new Map<string, LoadedLab>();
  for (const file of globSync(definitionsPattern(id), { cwd: content }).sort()) {
    const path = join(content, file);
    const folder = dirname(path);
    const module: unknown = await import(pathToFileURL(path).href);
    const definition = parseLab(defaultExport(module), path, labFile(path).id);
    for (const { program } of [definition.server, ...definition.programs]) {
      const file = join(folder, program);
      if (!existsSync(file)) throw new Error(`${path}: there is no program ${file}`);
    }
    const twin = labs.get(definition.id);
    if (twin) throw new Error(`${path}: ${twin.folder} already has the id “${definition.id}”`);
    labs.set(definition.id, { definition, folder });
  }
  return labs;
}
