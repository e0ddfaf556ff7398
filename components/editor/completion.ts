/** What completes names and brackets while somebody types. It is loaded at the first key. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  startCompletion,
} from '@codemirror/autocomplete';
import type { Compartment } from '@codemirror/state';
import { keymap, type EditorView } from '@codemirror/view';
import { completeFrom } from './library-sources.ts';
import type { Library } from './library.ts';

/**
 * Has an editor complete from now on, and what is being typed at once.
 * @param place what the editor has kept free for it
 */
export function enableCompletion(
  view: EditorView,
  place: Compartment,
  library: Promise<Library>,
): void {
  const extensions = [
    autocompletion({ override: [completeFrom(library)], icons: false }),
    closeBrackets(),
    keymap.of(closeBracketsKeymap),
  ];
  view.dispatch({ effects: place.reconfigure(extensions) });
  const { doc, selection } = view.state;
  const { head } = selection.main;
  if (/\w$/.test(doc.sliceString(Math.max(0, head - 1), head))) startCompletion(view);
}
