/** What gives a terminal element its text. */
export interface TextSource {
  readonly text: string;
}

/**
 * `<readable-terminal data-terminal="NAME">`: the place of a terminal. Its `text` is the whole of
 * what the terminal has shown, and empty while there was no run.
 */
export class TerminalElement extends HTMLElement {
  /** The terminal in it, while there is one. */
  source: TextSource | undefined;

  get text(): string {
    return this.source?.text ?? '';
  }
}
