/** How long questions and answers are at most. Apart from their schema, which a page does without. Pure. */
export const QUESTION_LIMITS = {
  /** The most characters of a question. */
  asks: 300,
  /** The most characters of an answer: of a choice, or of what a reader writes. */
  answer: 120,
  /** The most choices. */
  choices: 5,
} as const;
