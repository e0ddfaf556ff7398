/** What shows in an editor where each process of a run is. It is loaded when there is the first mark. */
import {
  StateEffect,
  StateField,
  type Compartment,
  type Extension,
  type Range,
} from '@codemirror/state';
import { Decoration, EditorView, WidgetType, type DecorationSet } from '@codemirror/view';
import type { LineMark } from '../source/line-marks.ts';

/** What is marked in one editor. */
export interface HereMarks {
  readonly marks: readonly LineMark[];
  readonly pointed: number | undefined;
}

const setMarks = StateEffect.define<readonly Range<Decoration>[]>();

/** What a mark says, over the end of its line. */
class Chip extends WidgetType {
  readonly #text: string;
  readonly #state: string;
  readonly #colour: string;

  constructor({ text, state, who }: LineMark) {
    super();
    this.#text = text;
    this.#state = state ?? '';
    this.#colour = who[0]?.colour ?? '';
  }

  override eq(other: Chip): boolean {
    return (
      other.#text === this.#text && other.#state === this.#state && other.#colour === this.#colour
    );
  }

  override updateDOM(element: HTMLElement): boolean {
    element.textContent = this.#text;
    element.dataset['here'] = this.#state;
    element.style.setProperty('--colour', this.#colour);
    return true;
  }

  toDOM(): HTMLElement {
    const element = document.createElement('span');
    element.className = 'line-here';
    element.setAttribute('aria-hidden', 'true');
    this.updateDOM(element);
    return element;
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

/**
 * Marks these lines, and no others.
 * @param place what the editor has kept free for it
 * @param positionOf where a line of the text that ran begins now; undefined for one that is gone
 */
export function showHere(
  view: EditorView,
  place: Compartment,
  { marks, pointed }: HereMarks,
  positionOf: (line: number) => number | undefined,
): void {
  const current = place.get(view.state);
  if (Array.isArray(current) && current.length === 0) {
    view.dispatch({ effects: place.reconfigure(field) });
  }
  const decorations: Range<Decoration>[] = [];
  const marked = new Map(marks.map((mark) => [mark.line, mark]));
  const lines = new Set([...marked.keys(), ...(pointed === undefined ? [] : [pointed])]);
  for (const number of lines) {
    const position = positionOf(number);
    if (position === undefined) continue;
    const line = view.state.doc.lineAt(position);
    const mark = marked.get(number);
    const attributes: Record<string, string> = {};
    if (mark?.state !== undefined) attributes['data-here'] = mark.state;
    if (mark?.isLit) attributes['data-lit'] = '';
    if (number === pointed) attributes['data-pointed'] = '';
    decorations.push(Decoration.line({ attributes }).range(line.from));
    if (mark?.state !== undefined) {
      decorations.push(Decoration.widget({ widget: new Chip(mark), side: 1 }).range(line.to));
    }
  }
  view.dispatch({ effects: setMarks.of(decorations) });
}
