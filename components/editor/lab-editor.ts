/** The editor of a lab: its files as tabs, and what a reader can do with their version of them. */
import { editProblem } from '../../lab/edits.ts';
import type { Lines } from '../../lab/exercise.ts';
import { shownLine } from '../../lab/regions.ts';
import type { Markable } from '../source/line-marks.ts';
import { CodeEditor } from './code-editor.ts';
import { fragmentFor, LinkError } from './edit-link.ts';
import { EditorElement } from './editor-element.ts';
import type { Keeping, KeptEdits } from './kept-edits.ts';
import { Library } from './library.ts';
import type { Mark } from './mark.ts';
import type { Program } from './programs.ts';
import { Tabs } from './tabs.ts';

/** Something wrong at a place of a file. */
export interface FileMark extends Mark {
  readonly file: string;
}

/** A button of a notice. */
interface Choice {
  readonly label: string;
  readonly choose: () => void;
}

/** Of what a notice is: a new one takes the place of an older one of the same. */
export type Subject =
  | 'keeping'
  | 'size'
  | 'fault'
  | `book:${string}`
  | 'link'
  | 'restored'
  | 'tab'
  | 'refused'
  | 'said';

/** What an editor is made with. */
export interface LabEditorSettings {
  readonly lab: string;
  readonly title: string;
  readonly programs: readonly Program[];
  /** The lines of the first program that an exercise is about; its page has the button to restore it. */
  readonly change: Lines | undefined;
  readonly kept: KeptEdits;
  /** The address of the lab, in the way that is chosen. */
  address(): string;
  /** Told whenever the reader’s versions have changed. */
  changed(): void;
  /** The reader is done with it for now. */
  closed(): void;
}

/** One file in the editor. */
interface Opened {
  readonly program: Program;
  readonly editor: CodeEditor;
  readonly button: HTMLButtonElement;
  /** The book’s text that the reader’s version was made from. */
  original: string;
}

const HINT =
  'Tab indents. Escape, then Tab, leaves the editor. Ctrl-Space lists names, Ctrl-F or ⌘F finds.';

/** Why a version is not kept, as the reader has to know before they leave. */
const NOT_KEPT: Readonly<Record<Exclude<Keeping, 'kept'>, string>> = {
  refused:
    'Your browser doesn’t let this page store anything, so your version lasts until you leave the page. Download saves it.',
  full: 'Your browser has no room left for this page’s data, so your version lasts until you leave the page. Download saves it.',
  'too-long':
    'Your version is too long to be kept in the browser, so it lasts until you leave the page. Download saves it.',
};

function button(label: string, clicked: () => void): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.textContent = label;
  element.addEventListener('click', clicked);
  return element;
}

function div(className: string): HTMLDivElement {
  const element = document.createElement('div');
  element.className = className;
  return element;
}

/** So long after the last key the changes are drawn again, in milliseconds. */
const REDRAW_AFTER = 200;

/** Draws what differs; what compares is loaded when it is first needed. */
async function drawChanges(title: string, before: string, after: string): Promise<HTMLElement> {
  try {
    const { changesElement } = await import('./changes-view.ts');
    return changesElement(title, before, after);
  } catch (error) {
    console.error(error);
    const failed = document.createElement('p');
    failed.textContent =
      'The changes could not be shown: the page is older than the server, or the server is gone.';
    return failed;
  }
}

/** The editor of a lab. */
export class LabEditor {
  readonly element = div('editor');
  readonly #settings: LabEditorSettings;
  readonly #files: readonly Opened[];
  readonly #tabs: Tabs;
  readonly #notices = div('editor-notices');
  readonly #changes = div('editor-changes');
  readonly #bySubject = new Map<Subject, HTMLElement>();
  readonly #showChanges = button('Show changes', () => this.#toggleChanges());
  readonly #restore = button('Restore the original', () => this.restore());
  #redraw: number | undefined;
  /** What the reader has been told, and may have closed. */
  #keeping: Keeping = 'kept';
  #problem: string | undefined;

  constructor(settings: LabEditorSettings) {
    this.#settings = settings;
    const { lab, title, programs } = settings;
    this.element.setAttribute('role', 'group');
    this.element.ariaLabel = `Editor of ${title}`;
    const hint = document.createElement('p');
    hint.className = 'editor-hint';
    hint.id = `editor-hint-${lab}`;
    hint.textContent = HINT;
    const library = Library.fetch();
    // Without it the editor only knows less.
    library.catch((error: unknown) => console.error(error));
    const tabs = programs.map((program, index) => {
      const panel = div('editor-panel');
      panel.id = `editor-${lab}-${index}`;
      const place = document.createElement('readable-editor');
      if (!(place instanceof EditorElement)) throw new Error('The editor’s element is not known.');
      place.dataset['editor'] = program.file;
      panel.append(place);
      const tab = button(program.file, () => undefined);
      tab.id = `editor-tab-${lab}-${index}`;
      const own = program.isEditable ? settings.kept.get(program.file) : undefined;
      const editor = new CodeEditor(place, {
        file: program.file,
        text: own?.text ?? program.text,
        isEditable: program.isEditable,
        change: index === 0 ? settings.change : undefined,
        original: program.text,
        library,
        hint: hint.id,
        changed: (text) => this.#changed(program.file, text),
      });
      const file = { program, editor, button: tab, original: own?.original ?? program.text };
      return { file, panel };
    });
    this.#files = tabs.map(({ file }) => file);
    const list = div('editor-tabs');
    list.ariaLabel = 'Files of this lab';
    const bar = div('editor-bar');
    const actions = div('editor-actions');
    this.#changes.id = `editor-changes-${lab}`;
    this.#changes.hidden = true;
    this.#showChanges.setAttribute('aria-controls', this.#changes.id);
    this.#showChanges.ariaExpanded = 'false';
    actions.append(
      this.#showChanges,
      ...(settings.change ? [] : [this.#restore]),
      button('Copy link', () => void this.#copyLink()),
      button('Download', () => this.#download()),
      button('Find', () => this.#current?.editor.find()),
      button('Done', () => settings.closed()),
    );
    bar.append(list, actions);
    this.#notices.setAttribute('aria-live', 'polite');
    const panels = tabs.map(({ panel }) => panel);
    this.element.append(bar, this.#notices, this.#changes, ...panels, hint);
    this.#tabs = new Tabs(
      list,
      tabs.map(({ file, panel }) => ({ button: file.button, panel })),
      (index) => this.#selected(index),
    );
    this.#update();
    for (const { program, original } of this.#files) {
      if (original !== program.text) this.#tellChangedBook(program.file);
    }
  }

  /** Puts the cursor into the file that is shown. */
  focus(): void {
    this.#current?.editor.focus();
  }

  /** Shows a file of the lab. */
  select(file: string): void {
    const index = this.#files.findIndex(({ program }) => program.file === file);
    if (index >= 0) this.#tabs.select(index);
  }

  /** Puts the book’s text of the file that is shown in place of the reader’s, which can be brought back. */
  restore(): void {
    const current = this.#current;
    if (!current) return;
    const { file, text } = current.program;
    this.take(file, text, `The book’s ${file} is back.`);
  }

  /**
   * Puts a text in place of the reader’s version of a file, as the reader could, and lets them take that back.
   * @param said what has happened, as a sentence
   */
  take(file: string, text: string, said: string): void {
    this.select(file);
    const current = this.#current;
    if (!current) return;
    const { editor } = current;
    const own = editor.text;
    if (own !== text) editor.text = text;
    editor.markWrong([]);
    this.tell('restored', said, [
      { label: 'Bring my version back', choose: () => (editor.text = own) },
      { label: 'Close this', choose: () => undefined },
    ]);
    editor.focus();
  }

  /** A run begins with the files as they are now. */
  runs(): void {
    for (const { editor } of this.#files) editor.runs();
  }

  /** Where lines of a file can be marked. */
  markable(file: string): Markable | undefined {
    return this.#find(file)?.editor;
  }

  /** It is seen again. */
  shown(): void {
    for (const { editor } of this.#files) editor.shown();
  }

  /** Marks what is wrong, and nothing else, and goes to the first of it. */
  mark(marks: readonly FileMark[]): void {
    for (const { program, editor } of this.#files) {
      editor.markWrong(marks.filter(({ file }) => file === program.file));
    }
    const [first] = marks;
    if (first) this.#goTo(first.file, first.line, first.column);
  }

  /**
   * Goes to a place that a program has printed.
   * @param isBooks whether the book’s own file ran, whose marks of regions are not shown
   */
  goTo(file: string, line: number, column: number, isBooks: boolean): void {
    const unshown = this.#find(file)?.program.unshown ?? [];
    this.#goTo(file, isBooks ? shownLine(line, unshown) : line, column);
  }

  /** Another tab has changed a file. */
  adopt(file: string): void {
    const opened = this.#find(file);
    if (!opened || !this.#takeKept(opened)) return;
    this.tell(
      'tab',
      `Another tab has changed ${file}, and its version is here now. Undo, Ctrl-Z or ⌘Z, brings yours back.`,
    );
    this.#update();
  }

  /** Brings a file in line with what is kept of it. @returns whether its text has changed */
  #takeKept(opened: Opened): boolean {
    const { program, editor } = opened;
    if (!program.isEditable) return false;
    const kept = this.#settings.kept.get(program.file);
    opened.original = kept?.original ?? program.text;
    const text = kept?.text ?? program.text;
    if (text === editor.text) return false;
    editor.adopt(text);
    return true;
  }

  /** Shows versions that are held, such as those of a link. */
  refresh(): void {
    for (const opened of this.#files) this.#takeKept(opened);
    this.#update();
  }

  /** Goes to the tab of a file and shows what differs in it. */
  showChangesOf(file: string): void {
    this.select(file);
    if (this.#changes.hidden) this.#toggleChanges();
  }

  /** Says something above the text, until it is closed or something newer is said of the same. */
  tell(subject: Subject, text: string, choices: readonly Choice[] = [], more?: HTMLElement): void {
    this.hush(subject);
    const notice = div('editor-notice');
    notice.dataset['subject'] = subject.split(':')[0] ?? '';
    const paragraph = document.createElement('p');
    paragraph.textContent = text;
    const buttons = div('editor-choices');
    const close = { label: 'Close this', choose: () => undefined };
    for (const { label, choose } of choices.length > 0 ? choices : [close]) {
      const chosen = button(label, () => {
        // The focus would be lost with the button.
        if (notice.contains(document.activeElement)) this.focus();
        this.hush(subject);
        choose();
      });
      buttons.append(chosen);
    }
    notice.append(paragraph, ...(more ? [more] : []), buttons);
    this.#bySubject.set(subject, notice);
    this.#notices.append(notice);
  }

  /** Takes back what was said of something. */
  hush(subject: Subject): void {
    this.#bySubject.get(subject)?.remove();
    this.#bySubject.delete(subject);
  }

  get #current(): Opened | undefined {
    return this.#files[this.#tabs.current];
  }

  #find(file: string): Opened | undefined {
    return this.#files.find(({ program }) => program.file === file);
  }

  #goTo(file: string, line: number, column: number): void {
    const index = this.#files.findIndex(({ program }) => program.file === file);
    if (index < 0) return;
    this.#tabs.select(index);
    this.#files[index]?.editor.goTo(line, column);
  }

  #changed(file: string, text: string): void {
    const opened = this.#find(file);
    if (!opened) return;
    const { kept } = this.#settings;
    if (text === opened.program.text) {
      kept.delete(file);
      opened.original = text;
      this.hush(`book:${file}`);
      this.hush('keeping');
    } else {
      const keeping = kept.set(file, { text, original: opened.original });
      if (keeping === 'kept') this.hush('keeping');
      else if (keeping !== this.#keeping) this.tell('keeping', NOT_KEPT[keeping]);
      this.#keeping = keeping;
    }
    const problem = editProblem(kept.edits(), kept.files);
    if (problem === undefined) this.hush('size');
    else if (this.#problem === undefined) this.tell('size', problem);
    this.#problem = problem;
    this.#update();
    this.#settings.changed();
  }

  #selected(index: number): void {
    this.#files[index]?.editor.shown();
    this.#update();
  }

  /** Brings what stands around the text in line with it. */
  #update(): void {
    for (const { program, editor, button: tab } of this.#files) {
      const state = !program.isEditable
        ? ', read-only'
        : editor.text === program.text
          ? ''
          : ', edited';
      tab.dataset['state'] = state.slice(2);
      const said = document.createElement('span');
      said.className = 'sr-only';
      said.textContent = state;
      if (tab.textContent !== program.file + state) tab.replaceChildren(program.file, said);
    }
    const current = this.#current;
    this.#restore.disabled = !current || current.editor.text === current.program.text;
    if (this.#changes.hidden) return;
    clearTimeout(this.#redraw);
    this.#redraw = window.setTimeout(() => void this.#drawChanges(), REDRAW_AFTER);
  }

  #toggleChanges(): void {
    this.#changes.hidden = !this.#changes.hidden;
    this.#showChanges.ariaExpanded = String(!this.#changes.hidden);
    if (!this.#changes.hidden) void this.#drawChanges();
  }

  async #drawChanges(): Promise<void> {
    const current = this.#current;
    if (!current) return;
    const { program, editor } = current;
    const title = `Your ${program.file} against the book’s`;
    const drawn = await drawChanges(title, program.text, editor.text);
    // Another file may be shown by now.
    if (this.#current === current) this.#changes.replaceChildren(drawn);
  }

  #tellChangedBook(file: string): void {
    const opened = this.#find(file);
    if (!opened) return;
    const { program, original, editor } = opened;
    const keep = (): void => {
      opened.original = program.text;
      this.#changed(file, editor.text);
    };
    const what = document.createElement('div');
    void drawChanges(`What the book has changed in ${file}`, original, program.text).then((drawn) =>
      what.append(drawn),
    );
    this.tell(
      `book:${file}`,
      `The book’s ${file} has changed since you edited it. The editor has your version. Below is what the book has changed; Show changes compares your version with the book’s as it is now.`,
      [
        { label: 'Keep my version', choose: keep },
        { label: 'Take the book’s', choose: () => (editor.text = program.text) },
      ],
      what,
    );
  }

  async #copyLink(): Promise<void> {
    const { lab, kept } = this.#settings;
    const edits = kept.edits();
    const link = new URL(this.#settings.address());
    try {
      if (edits.length > 0) link.hash = await fragmentFor(lab, edits);
    } catch (error) {
      const isKnown = error instanceof LinkError;
      if (!isKnown) console.error(error);
      const unknown = 'Your browser could not make the link. Download saves your version.';
      this.tell('said', isKnown ? error.message : unknown);
      return;
    }
    const what =
      edits.length > 0
        ? `It holds your ${edits.map(({ file }) => file).join(' and ')}; the server never sees it.`
        : 'It leads to this lab, with the book’s own programs: you have changed nothing.';
    try {
      await navigator.clipboard.writeText(link.href);
      this.tell('said', `The link is copied. ${what}`);
    } catch {
      // A page that came over plain HTTP may not, nor one whose reader says no.
      const field = document.createElement('input');
      field.readOnly = true;
      field.value = link.href;
      field.ariaLabel = 'The link';
      field.addEventListener('focus', () => field.select());
      this.tell(
        'said',
        `Your browser did not let the page copy the link. Copy it from here. ${what}`,
        [],
        field,
      );
      field.focus();
    }
  }

  #download(): void {
    const current = this.#current;
    if (!current) return;
    const { program, editor } = current;
    const address = URL.createObjectURL(new Blob([editor.text], { type: 'text/plain' }));
    const anchor = document.createElement('a');
    anchor.href = address;
    anchor.download = program.file;
    anchor.click();
    URL.revokeObjectURL(address);
    const command = document.createElement('code');
    command.textContent = `npm run lab -- ${this.#settings.lab} --program ${program.file}`;
    this.tell(
      'said',
      `${program.file} is saved. To run it, type this in a clone of the project:`,
      [],
      command,
    );
  }
}

if (!customElements.get('readable-editor')) customElements.define('readable-editor', EditorElement);
