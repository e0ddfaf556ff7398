/** The book's fonts: what each is made from. `fonts.css` says where each is used. */
import { CONTROL_PICTURES, LATIN, RETURN, SIGNS } from './characters.ts';

/** A font file of the book. */
export interface Face {
  /** Its name, without a folder or an ending. */
  readonly name: string;
  /** The whole font, in a package: a path below `node_modules`. */
  readonly source: string;
  /** What stays of it. */
  readonly characters: string;
}

const SERIF = '@fontsource/source-serif-4/files/source-serif-4-latin';

export const FACES: readonly Face[] = [
  { name: 'serif', source: `${SERIF}-400-normal.woff2`, characters: LATIN },
  { name: 'serif-italic', source: `${SERIF}-400-italic.woff2`, characters: LATIN },
  { name: 'serif-semibold', source: `${SERIF}-600-normal.woff2`, characters: LATIN },
  {
    name: 'mono',
    // Without ligatures: a program is shown as it is typed.
    source: 'jetbrains-mono/fonts/webfonts/JetBrainsMonoNL-Regular.woff2',
    characters: LATIN + SIGNS + CONTROL_PICTURES,
  },
  {
    name: 'mono-return',
    source: '@fontsource/noto-sans-symbols-2/files/noto-sans-symbols-2-symbols-400-normal.woff2',
    characters: RETURN,
  },
];
