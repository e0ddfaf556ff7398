/**
 * The reader’s own versions, where the page shows the book’s programs: what is shown is what Run runs. Each line is
 * built as the page’s are, so that it looks the same, has its number, and can be marked.
 */

/** A piece of a line, and the classes that give it its colour. */
export interface Piece {
  readonly text: string;
  readonly classes: string;
}

/** So long after the last key a version is drawn anew that is seen beside the editor, in milliseconds. */
const REDRAW_AFTER = 300;

function element(name: string, className: string, ...children: Node[]): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

function lineElement(pieces: readonly Piece[]): HTMLElement {
  const text = pieces.map((piece) => piece.text).join('');
  const code = element('div', 'code');
  // What is broken goes on below its own beginning, as in the book’s.
  code.style.setProperty('--ecIndent', `${text.length - text.trimStart().length}ch`);
  for (const piece of pieces) {
    if (piece.classes === '') code.append(piece.text);
    else code.append(element('span', piece.classes, document.createTextNode(piece.text)));
  }
  if (text === '') code.append('\n');
  return element('div', 'ec-line', code);
}

function sourceElement(lines: readonly (readonly Piece[])[]): HTMLElement {
  const code = document.createElement('code');
  code.append(...lines.map(lineElement));
  const figure = element('figure', 'frame not-content', element('pre', 'wrap', code));
  return element('div', 'expressive-code own-source', figure);
}

function plainLines(text: string): Piece[][] {
  const lines = text.replace(/\n$/, '').split('\n');
  return lines.map((line) => [{ text: line, classes: '' }]);
}

/** What the page shows of the reader’s versions of a lab’s programs. */
export class OwnSources {
  readonly #codes = new Map<string, HTMLElement>();
  readonly #shown = new Map<string, string>();
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(section: Element) {
    for (const code of section.querySelectorAll<HTMLElement>('.program-code[data-program]')) {
      this.#codes.set(code.dataset['program'] ?? '', code);
    }
  }

  /** The reader’s version of a file that is shown; undefined if it is the book’s. */
  textOf(file: string): string | undefined {
    return this.#shown.get(file);
  }

  /**
   * Shows a version of a file, or the book’s.
   * @param isTyped whether the reader is writing it, so that another will follow
   */
  show(file: string, text: string | undefined, isTyped: boolean): void {
    clearTimeout(this.#waiting.get(file));
    this.#waiting.delete(file);
    if (text === this.#shown.get(file)) return;
    if (isTyped) {
      this.#waiting.set(
        file,
        setTimeout(() => this.show(file, text, false), REDRAW_AFTER),
      );
      return;
    }
    const code = this.#codes.get(file);
    if (!code) return;
    if (text === undefined) {
      this.#shown.delete(file);
      code.querySelector(':scope > .own-source')?.remove();
      delete code.dataset['own'];
      return;
    }
    this.#shown.set(file, text);
    this.#put(code, sourceElement(plainLines(text)));
    void this.#colour(file, code, text);
  }

  #put(code: HTMLElement, source: HTMLElement): void {
    const { scrollTop } = code;
    code.querySelector(':scope > .own-source')?.remove();
    code.dataset['own'] = '';
    code.append(source);
    code.scrollTop = scrollTop;
  }

  /** Colours come with what the editor knows of the language; without them the text is the same. */
  async #colour(file: string, code: HTMLElement, text: string): Promise<void> {
    try {
      const { colouredLines } = await import('./highlight.ts');
      if (this.#shown.get(file) !== text) return;
      this.#put(code, sourceElement(colouredLines(text)));
    } catch (error) {
      console.error(error);
    }
  }
}
