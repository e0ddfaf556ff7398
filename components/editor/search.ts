/** The search within an editor. It is a part of its own: most readers never open it. */
import { openSearchPanel, search, searchKeymap } from '@codemirror/search';
import type { Compartment } from '@codemirror/state';
import { keymap, type EditorView } from '@codemirror/view';

/**
 * Opens the search panel of an editor.
 * @param place where its extensions go, the first time
 */
export function openSearch(view: EditorView, place: Compartment): void {
  const current = place.get(view.state);
  if (Array.isArray(current) && current.length === 0) {
    const extensions = [search({ top: true }), keymap.of(searchKeymap)];
    view.dispatch({ effects: place.reconfigure(extensions) });
  }
  openSearchPanel(view);
}
