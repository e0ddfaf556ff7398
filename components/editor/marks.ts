/** What shows mistakes in the text and beside it. It is loaded when there is the first. */
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import type { Compartment } from '@codemirror/state';
import { keymap, type EditorView } from '@codemirror/view';
import { rangeOf, type Mark } from './mark.ts';

/**
 * Marks these mistakes, and nothing else.
 * @param place what the editor has kept free for it
 */
export function showMarks(view: EditorView, place: Compartment, marks: readonly Mark[]): void {
  const current = place.get(view.state);
  if (Array.isArray(current) && current.length === 0) {
    view.dispatch({ effects: place.reconfigure([lintGutter(), keymap.of(lintKeymap)]) });
  }
  const { state } = view;
  const diagnostics = marks.map((mark) => ({
    ...rangeOf(state.doc, mark),
    severity: 'error' as const,
    message: mark.message,
  }));
  view.dispatch(setDiagnostics(state, diagnostics));
}
