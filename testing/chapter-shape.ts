/** Whether a chapter has the parts that every chapter has, in words for its author. Pure. */
import { citedManPages } from './cited.ts';

/** A chapter’s source, and the labs of its folder. */
export interface ChapterSource {
  readonly slug: string;
  readonly mdx: string;
  /** The ids of its labs that are exercises. */
  readonly exercises: readonly string[];
}

/** A reader runs something before they have read so many words. */
export const MOST_WORDS_FIRST = 200;

/** What ends every chapter, in this order. */
const CLOSING = ['<InNode>', '<InShort>'];

const COMPONENT = /<\/?[A-Za-z][^>]*>/g;
const IMPORT = /^import .*$/gm;

function words(mdx: string): number {
  const prose = mdx.replaceAll(IMPORT, '').replaceAll(COMPONENT, ' ');
  return prose.match(/[\p{L}\p{N}]\S*/gu)?.length ?? 0;
}

/** What a chapter lacks, each with what to do. */
export function missingParts({ slug, mdx, exercises }: ChapterSource): string[] {
  const page = `content/${slug}/index.mdx`;
  const body = mdx.replace(/^---\n[^]*?\n---\n/, '');
  const missing: string[] = [];
  const firstLab = body.indexOf('<Lab ');
  const before = words(firstLab < 0 ? body : body.slice(0, firstLab));
  if (before > MOST_WORDS_FIRST) {
    missing.push(
      `${page} has ${before} words before its first lab. Let the reader run one before ${MOST_WORDS_FIRST}.`,
    );
  }
  const places = CLOSING.map((part) => body.indexOf(part));
  for (const [index, part] of CLOSING.entries()) {
    if ((places[index] ?? -1) < 0) missing.push(`${page} has no ${part}. Write one.`);
  }
  if (
    places.every((place) => place >= 0) &&
    places.some((place, at) => place < (places[at - 1] ?? 0))
  ) {
    missing.push(`${page} ends in another order than ${CLOSING.join(', ')}.`);
  }
  const folds = body.match(/<Fold title="In the C book">/g)?.length ?? 0;
  if (folds > 1) missing.push(`${page} has ${folds} folds “In the C book”. Make them one.`);
  const last = body.trimEnd().split('\n\n').at(-1) ?? '';
  const linked = [...last.matchAll(/<Man page="([^"]+)"/g)].map(([, name]) => name);
  if (linked.length === 0) {
    missing.push(
      `${page} does not end with its manual pages. Link them: <Man page="select(2)" />.`,
    );
  }
  const plain = citedManPages(last.replaceAll(COMPONENT, ''));
  if (plain.length > 0)
    missing.push(`${page} names ${plain.join(', ')} at its end without a link.`);
  if (!exercises.some((id) => body.includes(`<Lab id="${id}"`))) {
    missing.push(`${page} has no exercise. Place one, or write one.`);
  }
  return missing;
}
