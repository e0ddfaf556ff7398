/** Where the reader’s place is kept: in their browser. */
import { NOWHERE, formatPlace, parsePlace, type Place } from './place.ts';

/** The key in `localStorage`. */
export const PLACE_KEY = 'readable:place';

/** Keeps a place. */
interface PlaceStore {
  /** The place as it is now: another tab may have changed it. */
  readonly loadPlace: () => Place;
  readonly storePlace: (place: Place) => void;
}

/**
 * Keeps a place in a storage. What that does not take, as it is forbidden or full, lasts as long as the page.
 * @param storage returns it, or throws where it is forbidden, as `localStorage` does
 */
export function placeIn(storage: () => Pick<Storage, 'getItem' | 'setItem'>): PlaceStore {
  /** What the storage did not take. It may still have an older place, which is not to come back. */
  let untaken: Place | undefined;
  return {
    loadPlace: () => {
      if (untaken) return untaken;
      try {
        return parsePlace(storage().getItem(PLACE_KEY));
      } catch {
        return NOWHERE;
      }
    },
    storePlace: (place) => {
      try {
        storage().setItem(PLACE_KEY, formatPlace(place));
        untaken = undefined;
      } catch {
        untaken = place;
      }
    },
  };
}

/** The place in this browser. */
export const { loadPlace, storePlace } = placeIn(() => localStorage);
