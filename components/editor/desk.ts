/**
 * A lab’s programs as the reader has them: their own versions, from this browser or from a link, and the
 * editor once they have asked for it. What runs is what is here.
 */
import { editableFiles, editProblem } from '../../lab/edits.ts';
import type { Edit, Fault } from '../../protocol/messages.ts';
import { editsRefused } from '../lab/health.ts';
import { chosenWay, labAddress } from '../lab/lab-address.ts';
import { placeText, sentence } from '../../lab/sentence.ts';
import { definitionIn } from '../lab/definition-json.ts';
import type { Markable, OpenEditor } from '../source/line-marks.ts';
import editorCss from './editor.css?inline';
import { editIn, LinkError, readEdits } from './edit-link.ts';
import { KeptEdits, type Shelf } from './kept-edits.ts';
import type { LabEditor } from './lab-editor.ts';
import { OwnSources } from './own-source.ts';
import { fetchPrograms, type Programs } from './programs.ts';

/** Where in a file. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

let stylesAdded = false;

function addStyles(): void {
  if (stylesAdded) return;
  stylesAdded = true;
  const style = document.createElement('style');
  style.textContent = editorCss;
  document.head.append(style);
}

/** The browser’s storage, unless the reader forbids it: what stands in for it then is none. */
function browserShelf(): Shelf | undefined {
  try {
    return localStorage instanceof Storage ? localStorage : undefined;
  } catch {
    return undefined;
  }
}

function listed(files: readonly string[]): string {
  return files.length > 1
    ? `${files.slice(0, -1).join(', ')} and ${files.at(-1) ?? ''}`
    : (files[0] ?? '');
}

/** The reader’s side of a lab’s programs. */
export class Desk implements OpenEditor {
  readonly kept: KeptEdits;
  readonly #section: HTMLElement;
  readonly #lab: string;
  readonly #title: string;
  readonly #place: HTMLElement;
  #programs: Promise<Programs> | undefined;
  #coming: Promise<LabEditor> | undefined;
  #editor: LabEditor | undefined;
  #note: HTMLElement | undefined;
  /** The button that opened the editor last. */
  #opener: HTMLElement | undefined;
  /** The reader’s versions that the latest run has, by file. */
  #running: ReadonlyMap<string, string> = new Map();
  readonly #own: OwnSources;

  constructor(section: HTMLElement) {
    const lab = definitionIn(section);
    const place = section.querySelector('[data-editor-place]');
    if (!(place instanceof HTMLElement)) {
      throw new Error(`The lab “${lab.id}” has no place for an editor.`);
    }
    this.#section = section;
    this.#place = place;
    this.#lab = lab.id;
    this.#title = lab.title;
    this.#own = new OwnSources(section);
    this.kept = new KeptEdits(lab.id, editableFiles(lab), browserShelf());
    addEventListener('storage', ({ key }) => {
      for (const file of this.kept.filesOf(key)) this.#editor?.adopt(file);
      this.#show();
    });
    addStyles();
    this.#show();
  }

  /** The files that a terminal may lead to. */
  get files(): readonly string[] {
    return this.kept.files;
  }

  /** The files of which the latest run has the reader’s version. */
  get running(): ReadonlySet<string> {
    return new Set(this.#running.keys());
  }

  /**
   * Opens the editor, and puts the cursor into it.
   * @param file the program to show; undefined for the one that was shown last, or the first
   */
  async edit(file?: string): Promise<void> {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && activeElement.closest('[data-action="edit"]')) {
      this.#opener = activeElement;
    }
    const editor = await this.#open();
    if (file !== undefined) editor.select(file);
    editor.element.scrollIntoView({ block: 'nearest' });
    editor.focus();
    const refused = await editsRefused();
    if (refused === undefined) editor.hush('refused');
    else {
      editor.tell(
        'refused',
        `${refused} You can still change the program here, and download it to run it in a clone of the project.`,
      );
    }
  }

  /** Puts the exercise’s solution in place of the reader’s version, which can be brought back. */
  async useSolution(): Promise<void> {
    const { solution, file } = await this.#exercise();
    const editor = await this.#open();
    editor.take(file, solution, `The solution is in the editor, in place of your ${file}.`);
  }

  /** Puts the book’s program back, which can be undone. */
  async restore(): Promise<void> {
    (await this.#open()).restore();
  }

  /** What the exercise’s solution changes in the book’s program. */
  async solutionChanges(): Promise<HTMLElement> {
    const { solution, file, text } = await this.#exercise();
    const { changesElement } = await import('./changes-view.ts');
    return changesElement(`What the solution changes in ${file}`, text, solution);
  }

  async #exercise(): Promise<{ solution: string; file: string; text: string }> {
    const { files, exercise } = await this.#fetch();
    const [program] = files;
    if (!program || !exercise) throw new Error(`The lab “${this.#lab}” is no exercise.`);
    return { solution: exercise.solution, file: program.file, text: program.text };
  }

  /** What to run, from now on the latest run’s. */
  take(): readonly Edit[] {
    const edits = this.kept.edits();
    this.#running = new Map(edits.map(({ file, text }) => [file, text]));
    // What is typed is drawn a moment later, and runs now.
    this.#showOwn(false);
    this.#editor?.mark([]);
    this.#editor?.runs();
    this.#editor?.hush('fault');
    return edits;
  }

  /** Where lines of a file can be marked in the editor, if that has been opened. */
  markable(file: string): Markable | undefined {
    return this.#editor?.markable(file);
  }

  showsWhatRuns(file: string): boolean {
    return this.#own.textOf(file) === this.#running.get(file);
  }

  reveal(file: string): void {
    const isOpen = this.#section.dataset['editing'] !== undefined;
    // Whoever writes is not to be taken elsewhere.
    if (!isOpen || this.#editor?.element.contains(document.activeElement)) return;
    this.#editor?.select(file);
  }

  /** Why a run would not take the reader’s versions; undefined if it would. */
  get problem(): string | undefined {
    return editProblem(this.kept.edits(), this.kept.files);
  }

  /** A run found these mistakes, and ran nothing. */
  async faulted(faults: readonly Fault[]): Promise<void> {
    const editor = await this.#open();
    editor.mark(faults);
    const [first] = faults;
    if (first)
      editor.tell('fault', `Nothing was run. ${placeText(first)}: ${sentence(first.message)}`);
    editor.element.scrollIntoView({ block: 'nearest' });
  }

  /** Goes to a place that a program has printed. */
  async goTo({ file, line, column }: Place): Promise<void> {
    (await this.#open()).goTo(file, line, column, !this.#running.has(file));
  }

  /** Shows what the page’s address brings, if that is an edit of this lab. */
  async takeLink(): Promise<void> {
    const code = editIn(location.hash, this.#lab);
    if (code === undefined) return;
    const editor = await this.#open();
    this.#section.scrollIntoView({ block: 'start' });
    let edits: readonly Edit[];
    try {
      edits = await readEdits(code);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      editor.tell('link', error.message);
      return;
    }
    const programs = new Map(
      (await this.#fetch()).files
        .filter(({ isEditable }) => isEditable)
        .map((each) => [each.file, each]),
    );
    const strange = edits.filter(({ file }) => !programs.has(file)).map(({ file }) => file);
    const known = edits.flatMap(({ file, text }) => {
      const program = programs.get(file);
      return program && program.text !== text ? [{ file, text, original: program.text }] : [];
    });
    const files = listed(known.map(({ file }) => file));
    const left = strange.length > 0 ? ` This lab has no ${listed(strange)}.` : '';
    const [first] = known;
    if (!first) {
      editor.tell('link', `The version in this link is the book’s own.${left}`);
      return;
    }
    const use = (): void => {
      for (const { file, text, original } of known) this.kept.hold(file, { text, original });
      editor.refresh();
      editor.showChangesOf(first.file);
      this.#show();
    };
    const others = known.filter(({ file, text }) => {
      const own = this.kept.stored(file);
      return own && own.text !== text && own.text !== own.original;
    });
    if (others.length === 0) {
      use();
      editor.tell(
        'link',
        `This link brought another reader’s ${files}. Below is how it differs from the book’s. Nothing has run yet: click Run to run it.${left}`,
      );
      return;
    }
    editor.tell(
      'link',
      `This link brings another reader’s ${files}, and you have a version of your own. If you use the link’s version and change it, it replaces yours.${left}`,
      [
        { label: 'Keep mine', choose: () => undefined },
        { label: 'Use the link’s', choose: use },
      ],
    );
  }

  #fetch(): Promise<Programs> {
    // One that failed is asked for again.
    this.#programs ??= fetchPrograms(this.#lab).catch((error: unknown) => {
      this.#programs = undefined;
      throw error;
    });
    return this.#programs;
  }

  async #open(): Promise<LabEditor> {
    this.#coming ??= this.#load().catch((error: unknown) => {
      this.#coming = undefined;
      throw error;
    });
    const editor = await this.#coming;
    this.#place.dispatchEvent(new CustomEvent('readable:show-program', { bubbles: true }));
    if (this.#section.dataset['editing'] === undefined) {
      this.#section.dataset['editing'] = '';
      for (const shown of this.#place.children) this.#hide(shown, shown !== editor.element);
      editor.shown();
      this.#show();
    }
    return editor;
  }

  async #load(): Promise<LabEditor> {
    const [{ LabEditor }, programs] = await Promise.all([import('./lab-editor.ts'), this.#fetch()]);
    for (const { file, text } of programs.files) {
      // The book has taken it over, or it is as it was.
      if (this.kept.get(file)?.text === text) this.kept.delete(file);
    }
    const editor = new LabEditor({
      lab: this.#lab,
      title: this.#title,
      programs: programs.files,
      change: programs.exercise?.change,
      kept: this.kept,
      address: () => labAddress(new URL(location.href), this.#lab, chosenWay(this.#section)),
      changed: () => {
        // What the link brought is the reader’s own now, and the address would bring it back.
        if (editIn(location.hash, this.#lab) !== undefined) {
          history.replaceState(history.state, '', `#lab-${this.#lab}`);
        }
        this.#show();
      },
      closed: () => this.#close(),
    });
    // A run that goes on began with what the editor has now.
    editor.runs();
    this.#place.append(editor.element);
    this.#editor = editor;
    return editor;
  }

  #close(): void {
    delete this.#section.dataset['editing'];
    for (const shown of this.#place.children) this.#hide(shown, shown === this.#editor?.element);
    this.#show();
    const opener = this.#opener ?? this.#section.querySelector('[data-action="edit"]');
    if (opener instanceof HTMLElement) opener.focus();
  }

  #hide(element: Element, hidden: boolean): void {
    if (element instanceof HTMLElement) element.hidden = hidden;
  }

  /** Says on the page whether something differs from the book’s, and where the reader has that. */
  #show(): void {
    const files = this.kept.edits().map(({ file }) => file);
    const isOpen = this.#section.dataset['editing'] !== undefined;
    this.#section.toggleAttribute('data-edited', files.length > 0);
    const restore = this.#section.querySelector<HTMLButtonElement>('[data-action="restore"]');
    if (restore) restore.disabled = files.length === 0;
    for (const shows of this.#section.querySelectorAll<HTMLElement>('[data-shows]')) {
      const file = shows.dataset['shows'] ?? '';
      const text = files.includes(file) ? `${file}, yours` : file;
      if (shows.textContent.trim() !== text) shows.textContent = text;
    }
    this.#showOwn(isOpen);
    this.#note?.remove();
    this.#note = undefined;
    if (files.length === 0 || isOpen) return;
    const note = document.createElement('p');
    note.className = 'editor-note';
    note.textContent = `Run runs your own ${listed(files)}, which is shown here. Click Edit to change it, or to restore the original.`;
    // Below the name of the file, where that is shown, and the button beside it.
    const head = this.#place.querySelector(':scope > .program-head');
    if (head) head.after(note);
    else this.#place.prepend(note);
    this.#note = note;
  }

  /** @param isTyped whether the reader is writing */
  #showOwn(isTyped: boolean): void {
    const own = new Map(this.kept.edits().map(({ file, text }) => [file, text]));
    for (const file of this.kept.files) this.#own.show(file, own.get(file), isTyped);
  }
}
