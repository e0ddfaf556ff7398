/** The colours of code in the editor: those of the shown code, whose classes `editor.css` gives them. */
import {
  HighlightStyle,
  StreamLanguage,
  syntaxHighlighting,
  type StreamParser,
  type StringStream,
} from '@codemirror/language';
import { typescript } from '@codemirror/legacy-modes/mode/javascript';
import type { Extension } from '@codemirror/state';
import { highlightCode, tags } from '@lezer/highlight';
import type { Piece } from './own-source.ts';

/** Words that the mode takes for plain names, and the shown code for words of the language. */
const TYPES = /^(?:string|number|boolean|void|never|unknown|object|bigint|symbol)$/;

/** Words of the language that the mode does not know, or not everywhere; some of them can be names, too. */
const KEYWORDS = /^(?:import|export|from|type|interface|using|as|satisfies|readonly|of|async)$/;
/** What follows them then. */
const BEFORE_MORE = /^\s+[\w$'"{*]/;

function isProperty(style: string | null): boolean {
  return style?.startsWith('property') ?? false;
}

function follows(stream: StringStream, what: RegExp): boolean {
  const found = stream.match(what, false);
  return found !== null && found !== false;
}

/**
 * CodeMirror’s own parser of TypeScript would be a quarter of all that Edit may load. This mode looks at one
 * word after another, and what the colours need beside that is what the next character is.
 */
const mode: StreamParser<unknown> = {
  ...typescript,
  token(stream, state) {
    const style = typescript.token(stream, state);
    if (style !== null && !/^(?:variable|property|def|type)/.test(style)) return style;
    const word = stream.current();
    if (!/^[A-Za-z_$]/.test(word)) return style;
    if (KEYWORDS.test(word) && !isProperty(style) && follows(stream, BEFORE_MORE)) return 'keyword';
    if (TYPES.test(word)) return isProperty(style) ? style : 'typeName.standard';
    if (/^[A-Z][A-Z0-9]*_[A-Z0-9_]*$|^E[A-Z0-9]{3,}$/.test(word)) return 'variableName.constant';
    if (follows(stream, /^\s*\(/)) return 'variableName.function';
    if (/^[A-Z]/.test(word)) return 'className';
    return style;
  },
};

const style = HighlightStyle.define([
  { tag: tags.comment, class: 'code-comment' },
  { tag: [tags.keyword, tags.definitionKeyword, tags.modifier], class: 'code-keyword' },
  { tag: tags.operator, class: 'code-keyword' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], class: 'code-string' },
  { tag: tags.number, class: 'code-number' },
  { tag: [tags.atom, tags.bool, tags.null], class: 'code-atom' },
  {
    tag: [tags.function(tags.variableName), tags.constant(tags.variableName)],
    class: 'code-function',
  },
  { tag: tags.standard(tags.typeName), class: 'code-primitive' },
  { tag: [tags.className, tags.typeName], class: 'code-class' },
  { tag: tags.propertyName, class: 'code-property' },
]);

const language = StreamLanguage.define(mode);

/** TypeScript, and its colours. */
export function typescriptColours(): Extension {
  return [language, syntaxHighlighting(style)];
}

/** The lines of a program that is only shown, in pieces of one colour each. */
export function colouredLines(text: string): Piece[][] {
  const lines: Piece[][] = [[]];
  const shown = text.replace(/\n$/, '');
  highlightCode(
    shown,
    language.parser.parse(shown),
    style,
    (piece, classes) => lines.at(-1)?.push({ text: piece, classes }),
    () => lines.push([]),
  );
  return lines;
}
