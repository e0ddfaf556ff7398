/** An editor for one file, in a `<readable-editor>`. */
import {
  defaultKeymap,
  history,
  historyKeymap,
  indentWithTab,
  isolateHistory,
} from '@codemirror/commands';
import {
  bracketMatching,
  codeFolding,
  foldEffect,
  indentOnInput,
  indentUnit,
} from '@codemirror/language';
import { Annotation, ChangeSet, Compartment, EditorState, type Text } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import type { Lines } from '../../lab/exercise.ts';
import { Follower } from '../source/follower.ts';
import type { LineMark, Markable } from '../source/line-marks.ts';
import { aroundChange } from './around-change.ts';
import { rangeOf, type Mark } from './mark.ts';
import type { EditedText, EditorElement } from './editor-element.ts';
import type { HereView } from './here-marks.ts';
import { typescriptColours } from './highlight.ts';
import { explainFrom } from './library-sources.ts';
import type { Library } from './library.ts';

/** What an editor is made with. */
export interface EditorSettings {
  readonly file: string;
  readonly text: string;
  readonly isEditable: boolean;
  /** The lines of the book’s text that are to be changed; what is around them is folded. */
  readonly change?: Lines | undefined;
  /** The book’s text. */
  readonly original: string;
  readonly library: Promise<Library>;
  /** The id of the text that says how to leave it by keyboard. */
  readonly hint: string;
  /** Told of every change of the text that a reader makes. */
  changed(text: string): void;
}

/** Text that comes from elsewhere, such as another tab: no change of the reader’s. */
const fromElsewhere = Annotation.define<boolean>();

/** Keys that do not end what Escape has begun: Tab leaves, Shift-Tab too. */
const LEAVING = ['Escape', 'Tab', 'Shift'];

function countLines({ doc }: EditorState, { from, to }: { from: number; to: number }): number {
  return doc.lineAt(to).number - doc.lineAt(from).number + 1;
}

/** What stands for folded lines: a button that shows them. */
function foldedLines(_: EditorView, show: (event: Event) => void, count: unknown): HTMLElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'editor-folded';
  button.textContent = `${String(count)} more lines`;
  button.title = 'Show them. You can change them too.';
  button.addEventListener('click', show);
  return button;
}

/** A live editor. */
export class CodeEditor implements EditedText, Markable {
  readonly #view: EditorView;
  readonly #search = new Compartment();
  readonly #marks = new Compartment();
  readonly #completion = new Compartment();
  readonly #herePlace = new Compartment();
  #isCompletionWanted = false;
  /** What is wrong now, as far as anybody has said. */
  #wrong: readonly Mark[] = [];
  #hasMarks = false;
  #isSearchLoading = false;
  /** Where the processes of a run are, and the line that is pointed at. */
  #hereMarks: readonly LineMark[] = [];
  #pointed: number | undefined;
  #here: Promise<HereView> | undefined;
  readonly #follower: Follower;
  /** The text that the latest run began with, and what has been changed in it since. */
  #ran: { readonly doc: Text; changes: ChangeSet } | undefined;

  constructor(element: EditorElement, settings: EditorSettings) {
    const { file, text, isEditable, library, hint } = settings;
    this.#view = new EditorView({
      parent: element,
      doc: text,
      extensions: [
        lineNumbers(),
        highlightActiveLineGutter(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of('  '),
        bracketMatching(),
        this.#completion.of([]),
        highlightActiveLine(),
        codeFolding({ placeholderDOM: foldedLines, preparePlaceholder: countLines }),
        EditorView.lineWrapping,
        EditorState.readOnly.of(!isEditable),
        typescriptColours(),
        hoverTooltip(explainFrom(library)),
        this.#search.of([]),
        this.#marks.of([]),
        this.#herePlace.of([]),
        keymap.of([
          { key: 'Mod-f', run: () => this.find(), preventDefault: true },
          ...historyKeymap,
          ...defaultKeymap,
          // After all others: a list of completions takes Escape first.
          { key: 'Escape', run: (view) => (view.setTabFocusMode(true), true) },
          ...(isEditable ? [indentWithTab] : []),
        ]),
        EditorView.contentAttributes.of({
          'aria-label': isEditable ? `${file}, editor` : `${file}, read-only`,
          'aria-describedby': hint,
          // What scrolls around it has to have something that the keyboard reaches.
          tabindex: '0',
        }),
        EditorView.domEventHandlers({
          keydown: ({ key }, view) => {
            if (isEditable) this.#wantCompletion(library);
            if (!LEAVING.includes(key)) view.setTabFocusMode(false);
            return false;
          },
          blur: (_, view) => view.setTabFocusMode(false),
        }),
        EditorView.updateListener.of(({ docChanged, transactions, state, changes }) => {
          if (docChanged && this.#ran) this.#ran.changes = this.#ran.changes.compose(changes);
          const isReaders = transactions.some(
            (each) => each.docChanged && each.annotation(fromElsewhere) !== true,
          );
          if (docChanged && isReaders) settings.changed(state.doc.toString());
        }),
      ],
    });
    element.source = this;
    this.#follower = new Follower(this.#view.scrollDOM, true);
    if (settings.change) this.#foldAround(settings.original, settings.change);
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  /** Replaces the text as a reader could: it can be undone. */
  set text(text: string) {
    if (this.#view.state.readOnly) return;
    this.#replace(text, false);
  }

  /** Takes a text from elsewhere. It can be undone, too. */
  adopt(text: string): void {
    this.#replace(text, true);
  }

  focus(): void {
    this.#view.focus();
  }

  /** Puts the cursor at a place and shows it. */
  goTo(line: number, column: number): void {
    const { from } = rangeOf(this.#view.state.doc, { line, column });
    this.#view.dispatch({
      selection: { anchor: from },
      effects: EditorView.scrollIntoView(from, { y: 'center' }),
    });
    this.#view.focus();
  }

  /** Marks what is wrong, and nothing else. What marks comes when there is first something wrong. */
  markWrong(marks: readonly Mark[]): void {
    this.#wrong = marks;
    if (marks.length === 0 && !this.#hasMarks) return;
    this.#hasMarks = true;
    void import('./marks.ts')
      .then(({ showMarks }) => showMarks(this.#view, this.#marks, this.#wrong))
      .catch((error: unknown) => console.error(error));
  }

  /** A run begins with the text as it is now: marks of lines are about this one. */
  runs(): void {
    const { doc } = this.#view.state;
    this.#ran = { doc, changes: ChangeSet.empty(doc.length) };
  }

  /** Marks where the processes of a run are, and nothing else. */
  mark(marks: readonly LineMark[]): void {
    this.#hereMarks = marks;
    this.#showHere();
    this.#look();
  }

  /** Has the lines in view at which something happens, until the reader scrolls, or writes. */
  follow(): void {
    this.#follower.follow();
  }

  /** Lights the line that the reader points at in the timeline. */
  point(line: number | undefined): void {
    if (line === this.#pointed) return;
    this.#pointed = line;
    this.#showHere();
    const position = line === undefined ? undefined : this.#positionOf(line);
    if (position === undefined) {
      this.#follower.lookAgain();
      return;
    }
    this.#view.dispatch({ effects: EditorView.scrollIntoView(position, { y: 'nearest' }) });
  }

  /** It was not seen while something changed around it. */
  shown(): void {
    this.#view.requestMeasure();
  }

  /** Opens the search, which comes when it is first asked for. */
  find(): boolean {
    if (this.#isSearchLoading) return true;
    this.#isSearchLoading = true;
    void import('./search.ts')
      .then(({ openSearch }) => openSearch(this.#view, this.#search))
      .catch((error: unknown) => console.error(error))
      .finally(() => (this.#isSearchLoading = false));
    return true;
  }

  #look(): void {
    if (this.#pointed !== undefined || this.#view.scrollDOM.clientHeight === 0) return;
    const { defaultLineHeight } = this.#view;
    const places = this.#hereMarks.flatMap(({ line, state, who, latest }) => {
      const position = state === undefined ? undefined : this.#positionOf(line);
      if (position === undefined) return [];
      const { top, bottom } = this.#view.lineBlockAt(position);
      return [{ line, top, bottom, stays: state !== 'called', count: who.length, latest }];
    });
    this.#follower.look(places, defaultLineHeight);
  }

  #showHere(): void {
    const isEmpty = this.#hereMarks.length === 0 && this.#pointed === undefined;
    if (isEmpty && !this.#here) return;
    this.#here ??= import('./here-marks.ts').then(
      ({ HereView }) => new HereView(this.#view, this.#herePlace),
    );
    this.#here
      .then((here) => {
        const shown = { marks: this.#hereMarks, pointed: this.#pointed };
        here.show(shown, (line) => this.#positionOf(line));
      })
      .catch((error: unknown) => {
        this.#here = undefined;
        console.error(error);
      });
  }

  /** Where a line of the text that ran begins now. */
  #positionOf(line: number): number | undefined {
    const { doc } = this.#ran ?? this.#view.state;
    if (line < 1 || line > doc.lines) return undefined;
    const { from } = doc.line(line);
    return this.#ran ? this.#ran.changes.mapPos(from, 1) : from;
  }

  /** What completes comes at the first key. */
  #wantCompletion(library: Promise<Library>): void {
    if (this.#isCompletionWanted) return;
    this.#isCompletionWanted = true;
    void import('./completion.ts')
      .then(({ enableCompletion }) => enableCompletion(this.#view, this.#completion, library))
      .catch((error: unknown) => console.error(error));
  }

  #foldAround(original: string, change: Lines): void {
    const { doc } = this.#view.state;
    const effects = aroundChange(doc.toString(), original, change).map(({ first, last }) =>
      foldEffect.of({ from: doc.line(first).from, to: doc.line(last).to }),
    );
    this.#view.dispatch({ effects });
  }

  #replace(text: string, isFromElsewhere: boolean): void {
    const { state } = this.#view;
    this.#view.dispatch({
      changes: { from: 0, to: state.doc.length, insert: text },
      // One step to undo, whatever was typed just before.
      annotations: [fromElsewhere.of(isFromElsewhere), isolateHistory.of('full')],
      userEvent: 'input.replace',
    });
  }
}
