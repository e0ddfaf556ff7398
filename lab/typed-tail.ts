/** The end of what was typed into a terminal, without what was erased again. Pure. */

/** The most characters kept: a terminal takes no longer line (N_TTY_BUF_SIZE, termios(3)). */
const KEPT = 4096;

/** Enter, Ctrl-C and Ctrl-D: what is typed after them begins anew, and they are not erased. */
const ENDS = ['\n', '\u0003', '\u0004'];

/** Takes what is typed as it comes, each character once. */
export class TypedTail {
  /** Characters, and not a text: each that is erased would copy the rest. */
  readonly #tail: string[] = [];
  #isWhole = true;

  /** Takes what was typed next. */
  take(text: string): void {
    for (const character of text) {
      if (character === '\u007f' || character === '\b') this.#erase();
      else if (character === '\u0015') while (this.#erase());
      else if (character === '\u0017') this.#eraseWord();
      else this.#tail.push(character);
      if (this.#tail.length <= 2 * KEPT) continue;
      this.#tail.splice(0, this.#tail.length - KEPT);
      this.#isWhole = false;
    }
  }

  /** Whether a text was typed last, whatever was typed before it. */
  endsWith(text: string): boolean {
    const characters = Array.from(text);
    const start = this.#tail.length - characters.length;
    return start >= 0 && characters.every((each, at) => this.#tail[start + at] === each);
  }

  /** Whether a text was typed last, and nothing before it in its line. */
  endsWithLines(text: string): boolean {
    const before = this.#tail.at(-Array.from(text).length - 1);
    const isBegun = before === undefined ? !this.#isWhole : !ENDS.includes(before);
    return !isBegun && this.endsWith(text);
  }

  /** Erases a character of the line. @returns whether there was one */
  #erase(): boolean {
    const last = this.#tail.at(-1);
    if (last === undefined || ENDS.includes(last)) return false;
    this.#tail.pop();
    return true;
  }

  /** As Ctrl-W does: blanks, and what stands before them. */
  #eraseWord(): void {
    while (this.#tail.at(-1) === ' ' && this.#erase());
    while (this.#tail.at(-1) !== ' ' && this.#erase());
  }
}
