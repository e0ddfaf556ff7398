/** Whether every lab is on the page of its chapter, in words for its author. Pure. */

/** A chapter: the folders in it, and the labs on its page. */
export interface ChapterLabs {
  readonly chapter: string;
  /** The names of the folders, each to be a lab. */
  readonly folders: readonly string[];
  /** The ids of the labs on the chapter’s page, in their order. */
  readonly shown: readonly string[];
}

/**
 * What is wrong with the places of a chapter’s labs, each with what to do.
 * @param labs the ids of all labs
 */
export function misplacedLabs(
  { chapter, folders, shown }: ChapterLabs,
  labs: ReadonlySet<string>,
): string[] {
  const page = `content/${chapter}/index.mdx`;
  const noLabs = folders.filter((folder) => !labs.has(folder));
  const hidden = folders.filter((folder) => labs.has(folder) && !shown.includes(folder));
  const foreign = new Set(shown.filter((id) => !folders.includes(id)));
  const repeated = new Set(shown.filter((id, index) => shown.indexOf(id) < index));
  return [
    ...noLabs.map(
      (folder) => `content/${chapter}/${folder}/ has no lab.ts. Write one, or move the folder.`,
    ),
    ...hidden.map(
      (id) => `content/${chapter}/${id}/lab.ts is on no page. Put <Lab id="${id}" /> into ${page}.`,
    ),
    ...[...foreign].map(
      (id) =>
        `${page} shows the lab “${id}” of another chapter. Move its folder to content/${chapter}/.`,
    ),
    ...[...repeated].map((id) => `${page} shows the lab “${id}” more than once. Leave one.`),
  ];
}
