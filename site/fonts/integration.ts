/**
 * Makes the book's fonts, each with no more than the characters that it needs, before anything is built
 * that names them. `book-fonts/NAME.woff2` is such a font, in an import and in a style sheet.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { FACES } from './faces.ts';

/** Where they are written, below the project's folder. */
const FOLDER = 'dist/fonts';

/** Two builds at once make the same file: each puts its own in place whole. */
function put(file: string, bytes: Buffer): void {
  const unfinished = `${file}.${randomUUID()}`;
  writeFileSync(unfinished, bytes);
  renameSync(unfinished, file);
}

/**
 * Writes the fonts.
 * @param root the project's folder
 * @returns the folder that they are in
 */
export async function makeFonts(root: string): Promise<string> {
  const { default: subsetFont } = await import('subset-font');
  const folder = join(root, FOLDER);
  mkdirSync(folder, { recursive: true });
  for (const { name, source, characters } of FACES) {
    const whole = readFileSync(join(root, 'node_modules', source));
    const font = await subsetFont(whole, characters, {
      targetFormat: 'woff2',
      // No screen of today needs hints, and nothing here the alternates of a letter.
      noHinting: true,
      noLayoutClosure: true,
    });
    put(join(folder, `${name}.woff2`), font);
  }
  return folder;
}

/** The book's fonts, in whatever is built. */
export function bookFonts(): AstroIntegration {
  return {
    name: 'readable:book-fonts',
    hooks: {
      'astro:config:setup': async ({ config, updateConfig }) => {
        const folder = await makeFonts(fileURLToPath(config.root));
        updateConfig({
          vite: {
            resolve: { alias: { 'book-fonts': folder } },
            build: {
              // A font inside a style sheet would be `data:`, which the pages' policy forbids.
              assetsInlineLimit: (file: string) => (file.endsWith('.woff2') ? false : undefined),
            },
          },
        });
      },
    },
  };
}
