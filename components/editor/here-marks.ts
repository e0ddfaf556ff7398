/**
 * What shows in an editor where each process of a run is. It is loaded when there is the first mark. The editor
 * hears of it only when other lines are marked; how long somebody has been there is written into the mark.
 */
import {
  StateEffect,
  StateField,
  type Compartment,
  type EditorState,
  type Extension,
  type Range,
  type TransactionSpec,
} from '@codemirror/state';
import { Decoration, EditorView, WidgetType, type DecorationSet } from '@codemirror/view';
import type { LineMark } from '../source/line-marks.ts';
import { formWithin, saidParts } from '../source/mark-room.ts';

/** Beside the text of a mark, in pixels: its own edge. */
const EDGE = 14;

/** What is marked in one editor. */
export interface HereMarks {
  readonly marks: readonly LineMark[];
  readonly pointed: number | undefined;
}

const setMarks = StateEffect.define<readonly Range<Decoration>[]>();

/** What a mark says, after the end of its line. */
class Chip extends WidgetType {
  readonly #state: string;
  readonly #colour: string;
  #mark: LineMark;
  #element: HTMLElement | undefined;
  #view: EditorView | undefined;

  constructor(mark: LineMark) {
    super();
    this.#mark = mark;
    this.#state = mark.state ?? '';
    this.#colour = mark.who[0]?.colour ?? '';
  }

  override eq(other: Chip): boolean {
    return other === this;
  }

  override updateDOM(element: HTMLElement, view: EditorView): boolean {
    this.#element = element;
    this.#view = view;
    element.dataset['here'] = this.#state;
    element.style.setProperty('--colour', this.#colour);
    this.say(this.#mark);
    return true;
  }

  override toDOM(view: EditorView): HTMLElement {
    const element = document.createElement('span');
    element.className = 'line-here';
    element.setAttribute('aria-hidden', 'true');
    this.updateDOM(element, view);
    return element;
  }

  /** Says as much as there is room for after the line. What it says changes, and its editor need not know. */
  say(mark: LineMark): void {
    this.#mark = mark;
    const element = this.#element;
    this.#view?.requestMeasure({
      key: this,
      read: ({ contentDOM, defaultCharacterWidth }) => {
        if (!element?.isConnected) return undefined;
        const { left, width } = element.getBoundingClientRect();
        const said = element.textContent.length;
        const column = said > 0 && width > EDGE ? (width - EDGE) / said : defaultCharacterWidth;
        return (contentDOM.getBoundingClientRect().right - left - EDGE) / column;
      },
      write: (columns) => {
        if (!element || columns === undefined) return;
        const form = formWithin(this.#mark, columns);
        element.toggleAttribute('data-full', form === undefined);
        const { what, lasts, names } = saidParts(this.#mark);
        const text = form
          ? `${form.what ? what : ''}${form.lasts ? lasts : ''}${form.names ? names : ''}`
          : '';
        if (element.textContent !== text) element.textContent = text;
      },
    });
  }
}

const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (before, { changes, effects }) => {
    const given = effects.find((effect) => effect.is(setMarks));
    // A mark stays with its line while the reader goes on writing.
    return given ? Decoration.set([...given.value], true) : before.map(changes);
  },
  provide: (self): Extension => EditorView.decorations.from(self),
});

/** What is needed of an editor. */
export interface Host {
  readonly state: EditorState;
  dispatch(spec: TransactionSpec): void;
}

/** The marks of one editor. */
export class HereView {
  readonly #view: Host;
  /** What is shown, and where the editor has it say what goes on: that changes all the time. */
  #shown: { readonly key: string; readonly chips: ReadonlyMap<number, Chip> } | undefined;

  /** @param place what the editor has kept free for it */
  constructor(view: Host, place: Compartment) {
    this.#view = view;
    view.dispatch({ effects: place.reconfigure(field) });
  }

  /**
   * Marks these lines, and no others.
   * @param positionOf where a line of the text that ran begins now; undefined for one that is gone
   */
  show({ marks, pointed }: HereMarks, positionOf: (line: number) => number | undefined): void {
    const { doc } = this.#view.state;
    const at = new Map<number, number>();
    const lines = marks.map(({ line }) => line);
    for (const line of pointed === undefined ? lines : [...lines, pointed]) {
      const position = positionOf(line);
      if (position !== undefined) at.set(line, doc.lineAt(position).from);
    }
    const key = JSON.stringify([
      pointed,
      [...at],
      marks.map(({ line, state, who, isLit }) => [line, state, isLit, who[0]?.colour]),
    ]);
    if (key === this.#shown?.key) {
      for (const mark of marks) this.#shown.chips.get(mark.line)?.say(mark);
      return;
    }
    const decorations: Range<Decoration>[] = [];
    const chips = new Map<number, Chip>();
    const marked = new Map(marks.map((mark) => [mark.line, mark]));
    for (const [line, from] of at) {
      const mark = marked.get(line);
      const attributes: Record<string, string> = {};
      if (mark?.state !== undefined) attributes['data-here'] = mark.state;
      if (mark?.isLit) attributes['data-lit'] = '';
      if (line === pointed) attributes['data-pointed'] = '';
      decorations.push(Decoration.line({ attributes }).range(from));
      if (mark?.state === undefined) continue;
      const chip = new Chip(mark);
      chips.set(line, chip);
      decorations.push(Decoration.widget({ widget: chip, side: 1 }).range(doc.lineAt(from).to));
    }
    this.#shown = { key, chips };
    this.#view.dispatch({ effects: setMarks.of(decorations) });
  }
}
