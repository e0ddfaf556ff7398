/** The labs of the book, for tests that go through all of them. */
import { CONTENT } from '../project.ts';
import { loadLabs } from '../sandbox-server/labs.ts';

/** Every lab by its id, as the sandbox server loads it. */
export const LABS = await loadLabs(CONTENT);
