/** What the editor offers while a reader types, and shows where the pointer rests: from the library. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import type { EditorView, Tooltip } from '@codemirror/view';
import { withBase } from '../base.ts';
import { importOf, manualLink, type Library, type Name } from './library.ts';

/** `base.` before a word: what stands before the dot. */
const AFTER_DOT = /([\w$)\]]+)\??\.\s*$/;
const COMMENTS = /\/\/.*|\/\*[^]*?\*\//g;
/** Not a name: text. */
const TEXT = /string|comment/;

/** The last word of an expression; what a call returns is no word. */
function dottedWord(before: string): string | undefined {
  return AFTER_DOT.exec(before)?.[1];
}

function isText(state: EditorState, at: number): boolean {
  return TEXT.test(syntaxTree(state).resolveInner(at, -1).name);
}

function link(text: string, href: string): HTMLAnchorElement {
  const anchor = document.createElement('a');
  anchor.href = href;
  anchor.target = '_blank';
  anchor.rel = 'noopener';
  anchor.textContent = text;
  return anchor;
}

/** A name as the reference says it, in short. */
function describe({ code, summary, link: page, owner, manual }: Name): HTMLElement {
  const element = document.createElement('div');
  element.className = 'editor-name';
  const signature = document.createElement('code');
  signature.textContent = code;
  const text = document.createElement('p');
  text.textContent = summary;
  const links = document.createElement('p');
  links.append(
    link(owner === undefined ? 'In the reference' : `${owner} in the reference`, withBase(page)),
  );
  const manualPage = manual === undefined ? undefined : manualLink(manual);
  if (manual !== undefined && manualPage !== undefined) {
    links.append(' · ', link(`Manual page ${manual}`, manualPage));
  }
  element.append(signature, ...(summary === '' ? [] : [text]), links);
  return element;
}

/** How CodeMirror calls the kinds of names. */
const ICONS: Readonly<Record<string, string>> = {
  class: 'class',
  interface: 'interface',
  type: 'type',
  function: 'function',
  constant: 'constant',
  method: 'method',
  static: 'method',
  property: 'property',
};

function completionOf(name: Name): Completion {
  return {
    label: name.name,
    type: ICONS[name.kind] ?? 'variable',
    ...(name.owner === undefined
      ? name.module === undefined
        ? {}
        : { detail: name.module }
      : { detail: name.owner }),
    info: () => describe(name),
    apply: (view, completion, from, to) => {
      const program = view.state.doc.toString();
      const needed = importOf(name, program);
      view.dispatch({
        changes: [{ from, to, insert: completion.label }, ...(needed ? [needed] : [])],
        selection: {
          anchor:
            from +
            completion.label.length +
            (needed && needed.from <= from ? needed.insert.length : 0),
        },
        userEvent: 'input.complete',
      });
    },
  };
}

/** The words of the program itself: its own names. */
function ownWords(program: string, library: Library, at: number): Completion[] {
  const words = new Set<string>();
  // As long as before, so that places stay.
  const code = program.replaceAll(COMMENTS, (comment) => ' '.repeat(comment.length));
  for (const { 0: word, index } of code.matchAll(/(?<![\w$.])[A-Za-z_$][\w$]{2,}/g)) {
    // The one that is being typed is no news.
    if (index + word.length !== at && library.export(word) === undefined) words.add(word);
  }
  return [...words].map((label) => ({ label, type: 'text', boost: -1 }));
}

/** Offers what the library has, and what the program itself names. */
export function completeFrom(
  library: Promise<Library>,
): (context: CompletionContext) => Promise<CompletionResult | null> {
  return async (context) => {
    const { state, pos, explicit } = context;
    if (isText(state, pos)) return null;
    const word = context.matchBefore(/[\w$]*/);
    const from = word?.from ?? pos;
    const line = state.doc.lineAt(pos);
    const before = dottedWord(line.text.slice(0, from - line.from));
    if (before === undefined && from === pos && !explicit) return null;
    const known = await library.catch(() => undefined);
    if (!known || context.aborted) return null;
    const program = state.doc.toString();
    if (before !== undefined) {
      const options = known.members(before, program).map(completionOf);
      return { from, options, validFor: /^[\w$]*$/ };
    }
    const options = [...known.exports().map(completionOf), ...ownWords(program, known, pos)];
    return { from, options, validFor: /^[\w$]*$/ };
  };
}

/** What is known of the word at a place of a program. */
function namesAt(
  library: Library,
  state: EditorState,
  at: number,
): { from: number; names: Name[] } | undefined {
  const word = state.wordAt(at);
  if (!word || isText(state, word.to)) return undefined;
  const line = state.doc.lineAt(at);
  const before = dottedWord(line.text.slice(0, word.from - line.from));
  const text = state.sliceDoc(word.from, word.to);
  const names = library.meanings(text, before, state.doc.toString());
  return names.length > 0 ? { from: word.from, names } : undefined;
}

/** Says what a name of the library is. */
export function explainFrom(
  library: Promise<Library>,
): (view: EditorView, at: number) => Promise<Tooltip | null> {
  return async ({ state }, at) => {
    const known = await library.catch(() => undefined);
    const found = known && namesAt(known, state, at);
    if (!found) return null;
    return {
      pos: found.from,
      above: true,
      create: () => {
        const dom = document.createElement('div');
        // A member of several classes, as free() is: the first few.
        dom.append(...found.names.slice(0, 3).map(describe));
        return { dom };
      },
    };
  };
}
