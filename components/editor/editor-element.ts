/** What gives an editor element its text. */
export interface EditedText {
  text: string;
}

/** `<readable-editor data-editor="FILE">`: the place of an editor. Its `text` is the whole text of the file. */
export class EditorElement extends HTMLElement {
  /** The editor in it. */
  source: EditedText | undefined;

  get text(): string {
    return this.source?.text ?? '';
  }

  set text(text: string) {
    if (this.source) this.source.text = text;
  }
}
