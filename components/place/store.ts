/** Where the reader’s place is kept: in their browser. */
import { NOWHERE, formatPlace, parsePlace, type Place } from './place.ts';

/** The key in `localStorage`. */
export const PLACE_KEY = 'readable:place';

/** Storage may be forbidden: then the place lasts as long as the page. */
let remembered: Place = NOWHERE;

/** The place as it is now: another tab may have changed it. */
export function loadPlace(): Place {
  try {
    return parsePlace(localStorage.getItem(PLACE_KEY));
  } catch {
    return remembered;
  }
}

/** Keeps a place. */
export function storePlace(place: Place): void {
  remembered = place;
  try {
    localStorage.setItem(PLACE_KEY, formatPlace(place));
  } catch {
    // It is remembered all the same.
  }
}
