/** How much of a mark is said where there is only so much room beside a line: no mark hides code. Pure. */

/** The parts of what a mark says. */
export interface MarkParts {
  /** `recv(21)` */
  readonly what: string;
  /** `3.2 s`; empty for what lasts no longer. */
  readonly lasts: string;
  /** `alice, bob`; empty where a name says nothing. */
  readonly names: string;
}

/** Which of its parts are said. */
export type MarkForm = Readonly<Record<keyof MarkParts, boolean>>;

export const WHOLE: MarkForm = { what: true, lasts: true, names: true };

/** From all of it to the least that says something. What is called stands in the line itself. */
const FORMS: readonly MarkForm[] = [
  WHOLE,
  { what: false, lasts: true, names: true },
  { what: true, lasts: true, names: false },
  { what: false, lasts: true, names: false },
];

/** Time that goes on takes more characters now and less then: `9.9 s`, `10.0 s`, `990 ms`. */
const TIME = 6;

/** The parts as they follow each other, with what is between them. */
export function saidParts({ what, lasts, names }: MarkParts): MarkParts {
  return {
    what: lasts === '' ? what : `${what}, `,
    lasts,
    names: names === '' ? '' : ` · ${names}`,
  };
}

/** So many characters wide is what a mark says in a form. */
export function columnsOf(parts: MarkParts, form: MarkForm): number {
  const { what, lasts, names } = saidParts(parts);
  const time = lasts === '' ? 0 : Math.max(lasts.length, TIME);
  return (form.what ? what.length : 0) + (form.lasts ? time : 0) + (form.names ? names.length : 0);
}

/**
 * The most of a mark that is so many characters wide at most; undefined if nothing is.
 * @param columns the room
 */
export function formWithin(parts: MarkParts, columns: number): MarkForm | undefined {
  const saying = parts.lasts === '' ? FORMS.filter(({ what }) => what) : FORMS;
  return saying.find((form) => columnsOf(parts, form) <= columns);
}
