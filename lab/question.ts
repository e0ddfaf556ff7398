/** What a step asks, and what the reader has said to it. Pure. */
import { QUESTION_LIMITS } from './question-limits.ts';
import type { Question } from './scenario.ts';

/** What a reader has answered. */
export interface Answer {
  /** The choices they took, or the one thing they wrote. */
  readonly said: readonly string[];
  readonly isRight: boolean;
}

/** The most that is kept of what a reader writes, in characters. */
export const LONGEST_ANSWER = QUESTION_LIMITS.answer;

/** Whether the reader may take several of the choices. */
export function takesSeveral(question: Question): boolean {
  return 'choices' in question && typeof question.right !== 'string';
}

/** The answer that is right: of several choices, all that are. */
export function rightAnswer(question: Question): readonly string[] {
  if (!('choices' in question)) return [question.answer];
  return typeof question.right === 'string' ? [question.right] : question.right;
}

/** The same for all ways to write it: capitals, spaces and marks at the end make no difference. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/[.!?%\s]+$/, '');
}

/** Whether an answer is right. Of several choices it has to have all that are right, and no other. */
export function isRight(question: Question, said: readonly string[]): boolean {
  const rights = rightAnswer(question);
  if ('choices' in question) {
    return said.length === rights.length && rights.every((right) => said.includes(right));
  }
  const [written = ''] = said;
  return [...rights, ...question.accepts].some((right) => plain(right) === plain(written));
}

/** An answer to a question, judged. Of what is too long, the beginning counts. */
export function answerTo(question: Question, said: readonly string[]): Answer {
  const kept = said.map((each) => each.trim().slice(0, LONGEST_ANSWER));
  return { said: kept, isRight: isRight(question, kept) };
}

function listed(answers: readonly string[]): string {
  return answers.length < 2
    ? answers.join('')
    : `${answers.slice(0, -1).join(', ')} and ${answers.at(-1) ?? ''}`;
}

/**
 * The reader’s answer beside what really happened: `You said: Bob. It was: Alice.`
 * @param answer `undefined` if they gave none
 */
export function verdictText(question: Question, answer: Answer | undefined): string {
  const right = listed(rightAnswer(question));
  if (!answer) return `The answer: ${right}.`;
  const said = `You said: ${listed(answer.said)}.`;
  return answer.isRight ? `${said} That’s right.` : `${said} It was: ${right}.`;
}
