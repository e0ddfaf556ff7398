/** The reference in Markdown. Pure. */
import GithubSlugger from 'github-slugger';
import type { Doc, Entry, Member } from './entry.ts';
import type { Arrangement, Page } from './pages.ts';

const KINDS = ['constructor', 'static', 'property', 'method'] as const;

/** How a member is written: `newBind()`, `fd`. */
function labelOf(owner: Entry, { name, kind }: Member): string {
  if (kind === 'constructor') return `new ${owner.name}()`;
  return kind === 'property' ? name : `${name}()`;
}

/** Constructor, static methods, properties, methods; each by name. */
function ordered(members: readonly Member[]): Member[] {
  return members.toSorted(
    (a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.name < b.name ? -1 : 1),
  );
}

/** A heading of a page, with what is below it. */
export interface Section {
  readonly level: 2 | 3;
  readonly heading: string;
  readonly id: string;
  readonly body: readonly string[];
  /** What links here: names as they stand in comments. */
  readonly names: readonly string[];
  /** The class whose member it is. */
  readonly owner?: string;
  /** The class whose methods its text speaks of. */
  readonly scope?: string | undefined;
  readonly docs: readonly Doc[];
}

function codeBlock(code: readonly string[]): string {
  return `\`\`\`ts frame="none"\n${code.join('\n')}\n\`\`\``;
}

function docLines({ summary, params, returns, throws }: Doc): string[] {
  const list = [
    // An element, not a code span: a parameter’s name leads nowhere.
    ...params.map(({ name, text }) => `- <code>${name}</code>: ${text}`),
    ...(returns === undefined ? [] : [`- **Returns** ${returns}`]),
    ...throws.map((text) => `- **Throws** ${text}`),
  ].map((item) => item.replace(/\n(?=\S)/g, '\n  '));
  return [summary, list.join('\n')].filter((text) => text !== '');
}

function described({ code, docs }: Pick<Member, 'code' | 'docs'>): string[] {
  // Overloads that say different things are told one by one.
  const texts = docs.map((doc) => docLines(doc).join('\n\n'));
  if (new Set(texts).size <= 1) return [codeBlock(code), texts[0] ?? ''];
  return code.flatMap((each, index) => [codeBlock([each]), texts[index] ?? '']);
}

function interfaceCode({ code, members }: Entry): string {
  const lines = ordered(members).flatMap((member) => member.code);
  return `${code.join('')} {\n${lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}`).join('\n')}\n}`;
}

function propertyList({ members }: Entry): string {
  return ordered(members)
    .flatMap(({ name, docs }) => {
      const text = docs[0]?.summary ?? '';
      return text === '' ? [] : [`- <code>${name}</code>: ${text.replaceAll('\n', ' ')}`];
    })
    .join('\n');
}

/** A name in a table, where it may break between its words: on a phone it has to. */
function breakable(name: string): string {
  return name.replace(/_(?=\w)|(?<=[a-z])(?=[A-Z])/g, '$&<wbr>');
}

/** The id of a constant’s row. */
export function rowId(name: string): string {
  return name.toLowerCase();
}

/** A table of constants; each has an id to link to. */
function constantsTable(constants: readonly Entry[]): string {
  const isSaid = constants.some(({ docs }) => docs[0]?.summary);
  const rows = constants.map((entry) => {
    const text = (entry.docs[0]?.summary ?? '').replaceAll('\n', ' ').replaceAll('|', '\\|');
    const value = entry.value?.startsWith('"') ? `\`${entry.value}\`` : (entry.value ?? '');
    const name = `<code id="${rowId(entry.name)}">${breakable(entry.name)}</code>`;
    const cells = [name, value, ...(isSaid ? [text] : [])];
    return `| ${cells.join(' | ')} |`;
  });
  const head = isSaid
    ? ['| Name | Value | Meaning |', '| --- | --- | --- |']
    : ['| Name | Value |', '| --- | --- |'];
  return [...head, ...rows].join('\n');
}

/** A page with what is on it, in its order. */
interface Sectioned extends Page {
  readonly sections: readonly Section[];
}

/** The sections of a page, in their order. */
export function sectionsOf(page: Page): Section[] {
  // What Astro gives headings their ids with.
  const slugger = new GithubSlugger();
  const sections: Section[] = [];
  const add = (section: Omit<Section, 'id'>): void => {
    sections.push({ ...section, id: slugger.slug(section.heading) });
  };
  const scope = page.entries.find(({ kind }) => kind === 'class')?.name;
  const of = (kind: Entry['kind']): Entry[] => page.entries.filter((entry) => entry.kind === kind);
  for (const entry of of('class')) {
    add({
      level: 2,
      heading: entry.name,
      body: [codeBlock(entry.code), ...entry.docs.flatMap(docLines)],
      names: [entry.name],
      scope: entry.name,
      docs: entry.docs,
    });
    for (const member of ordered(entry.members)) {
      const heading = labelOf(entry, member);
      add({
        level: 3,
        heading,
        body: described(member),
        names: [`${entry.name}.${member.name}()`, `${entry.name}.${member.name}`],
        owner: entry.name,
        scope: entry.name,
        docs: member.docs,
      });
    }
  }
  const group = (
    heading: string,
    entries: readonly Entry[],
    body: (entry: Entry) => string[],
  ): void => {
    if (entries.length === 0) return;
    add({ level: 2, heading, body: [], names: [], docs: [] });
    for (const entry of entries) {
      const isFunction = entry.kind === 'function';
      add({
        level: 3,
        heading: isFunction ? `${entry.name}()` : entry.name,
        body: body(entry),
        names: isFunction ? [`${entry.name}()`, entry.name] : [entry.name],
        scope,
        docs: entry.docs,
      });
    }
  };
  group('Functions', of('function'), described);
  group('Types', [...of('interface'), ...of('type')], (entry) =>
    entry.kind === 'interface'
      ? [...entry.docs.flatMap(docLines), codeBlock([interfaceCode(entry)]), propertyList(entry)]
      : described(entry),
  );
  const constants = of('constant').toSorted((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line,
  );
  if (constants.length > 0) {
    const body = [constantsTable(constants)];
    add({ level: 2, heading: 'Constants', body, names: [], scope, docs: [] });
  }
  return sections;
}

/** Where a name in a text leads to; a class’s text means the class’s own members first. */
type Find = (name: string, scope?: string) => string | undefined;

function linksTo(pages: readonly Sectioned[]): Find {
  const targets = new Map<string, string>();
  const put = (name: string, url: string): void => {
    if (!targets.has(name)) targets.set(name, url);
  };
  for (const { slug, entries, sections } of pages) {
    for (const { names, id } of sections) {
      for (const name of names) put(name, `/${slug}/#${id}`);
    }
    for (const { name, kind } of entries) {
      if (kind === 'constant') put(name, `/${slug}/#${rowId(name)}`);
    }
  }
  return (name, scope = '') => targets.get(`${scope}.${name}`) ?? targets.get(name);
}

/** What is no text to look for names in: code blocks, links and elements. */
const LEFT_ALONE = /(```[^]*?```|\[[^\]]*\]\([^)]*\)|<(code)\b[^]*?<\/\2>)/;
/** A code span, a constant or an error class in the text, or `recv(2)` and its like. */
const NAMES =
  /`([^`\n]+)`|\b([A-Z][A-Z0-9]*_[A-Z0-9_]+|SystemError)\b|\b([a-z_][a-z_0-9]*)\([1-8]\)/g;

/** Makes links of the names in a text. */
export function withLinks(markdown: string, find: (name: string) => string | undefined): string {
  // A split by an expression with two groups gives three strings for each match and the text before it.
  return markdown
    .split(LEFT_ALONE)
    .map((part, index) => {
      if (index % 3 === 1) return part;
      if (index % 3 === 2) return '';
      return part.replace(NAMES, (text, code?: string, word?: string, manual?: string) => {
        const url = find(code ?? word ?? `${manual ?? ''}()`);
        if (url === undefined || (manual !== undefined && !url.includes('/sys/'))) return text;
        return `[${text}](${url})`;
      });
    })
    .join('');
}

function frontmatter(slug: string, title: string, description: string): string {
  const fields = { slug, title, description, editUrl: false };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `---\n${lines.join('\n')}\n---\n\n`;
}

function pageMarkdown(page: Sectioned, links: Find): string {
  const modules = [...new Set(page.entries.map(({ module }) => module))];
  const from = modules.map((module) => `\`${module}\``).join(' and ');
  const sections = page.sections.map(({ level, heading, id, body, names, scope }) => {
    const own = `/${page.slug}/#${id}`;
    const find = (name: string): string | undefined => {
      const url = links(name, scope);
      return url === own ? undefined : url;
    };
    const texts = body.filter((each) => each !== '').map((each) => withLinks(each, find));
    const title = names.length > 0 ? `\`${heading}\`` : heading;
    return [`${'#'.repeat(level)} ${title}`, ...texts].join('\n\n');
  });
  return (
    frontmatter(page.slug, page.title, page.description) +
    `Exported by ${from}.\n\n${sections.join('\n\n')}\n`
  );
}

/** The C names that a comment gives: “Makes a base: `event_base_new()`, `event_base_new_with_config()`.” */
export function cNamesIn(summary: string): string[] {
  const lists = summary.matchAll(/: ((?:`[a-z0-9_]+\(\)`(?:, |,? and )?)+)/g);
  return [...lists].flatMap(([, list = '']) =>
    [...list.matchAll(/`([a-z0-9_]+_[a-z0-9_]+)\(\)`/g)].map(([, name = '']) => name),
  );
}

function cNamesMarkdown(pages: readonly Sectioned[]): string {
  const found = pages.flatMap(({ slug, sections }) =>
    sections.flatMap(({ heading, id, owner, docs }) => {
      // Of types there is nothing to call.
      const callable = heading.endsWith('()') ? docs : [];
      const of = owner === undefined || heading.startsWith('new ') ? '' : `${breakable(owner)} `;
      const here = `${of}[<code>${breakable(heading)}</code>](/${slug}/#${id})`;
      return callable.flatMap(({ summary }) =>
        cNamesIn(summary.replaceAll('\n', ' ')).map((c) => ({ c: `${c}()`, here })),
      );
    }),
  );
  const rows = found
    .toSorted((a, b) => (a.c < b.c ? -1 : 1))
    .map(({ c, here }) => `| <code>${breakable(c)}</code> | ${here} |`);
  return (
    frontmatter(
      'api/c-names',
      'By its name in C',
      'Every function of C libevent that there is here, by its name in C.',
    ) +
    'Every function of C libevent that has a counterpart here, by its name in C. ' +
    'The constants have the names that they have in C, and the functions of ' +
    '`libevent-ts/sys` those of their man pages.\n\n' +
    `| In C | Here |\n| --- | --- |\n${rows.join('\n')}\n`
  );
}

function overviewMarkdown({ library, system }: Arrangement): string {
  const list = (pages: readonly Page[]): string =>
    pages
      .map(({ slug, title, description }) => `- [${title}](/${slug}/): ${description}`)
      .join('\n');
  return (
    frontmatter(
      'api',
      'The API',
      'Everything that libevent-ts exports, from the comments in its sources.',
    ) +
    `Everything that a program in this book can call. These pages are made from the comments in the
sources, so they say what the code beside them does.

Whoever knows libevent in C knows these names, and the reverse: \`struct evconnlistener\` is
\`class Evconnlistener\`, and \`evconnlistener_set_error_cb(listener, cb)\` is
\`listener.setErrorCb(cb)\`. A constructor that returns \`NULL\` in C throws a
[\`SystemError\`](/api/errors-and-log/#systemerror) here. Everything with a \`free()\` works with
\`using\`. Times are in seconds. If you know a function by its C name, look it up
[by that name](/api/c-names/).

## libevent-ts

${list(library)}

## libevent-ts/sys

The system calls, under the names of their man pages. They return -1 and leave
[\`errno()\`](/api/sys/errno/#errno), as in C.

${list(system)}
`
  );
}

/** Every page’s Markdown, by slug. */
export function referenceMarkdown(arrangement: Arrangement): Map<string, string> {
  const sectioned = (page: Page): Sectioned => ({ ...page, sections: sectionsOf(page) });
  const library = arrangement.library.map(sectioned);
  const pages = [...library, ...arrangement.system.map(sectioned)];
  const links = linksTo(pages);
  return new Map([
    ['api', overviewMarkdown(arrangement)],
    ['api/c-names', cNamesMarkdown(library)],
    ...pages.map((page) => [page.slug, pageMarkdown(page, links)] as const),
  ]);
}
