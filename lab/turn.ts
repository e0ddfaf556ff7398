/** What a reader does who takes a step themselves: in words, and in which terminal. Pure. */
import type { Lab } from './definition.ts';
import type { Action } from './scenario.ts';

/** A step that waits for the reader. */
export interface Turn {
  /** The terminal to type into; undefined if a button does it. */
  readonly terminal: string | undefined;
  /** What to do, a sentence without its full stop: `Type a line into Bob’s terminal: hello`. */
  readonly text: string;
}

const KEYS: Readonly<Record<string, string>> = {
  '\n': 'Enter',
  '\u0003': 'Ctrl-C',
  '\u0004': 'Ctrl-D',
};

/** What is done in a terminal, or to one. */
type OfTerminal = Exclude<Action, { crowd: number }>;

function terminalOf(action: OfTerminal): string {
  return 'client' in action ? action.client : action.program;
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Whose terminal it is: `Bob’s terminal`, `the server’s terminal`. */
function whose(action: OfTerminal): string {
  const name = terminalOf(action);
  return `${'client' in action ? capital(name) : `the ${name}`}’s terminal`;
}

/** What is typed, its keys by name: `half a li, then Ctrl-D`. */
function keystrokes(text: string): string {
  const parts = text.split(/([\n\u0003\u0004])/).filter((part) => part !== '');
  return parts.map((part) => KEYS[part] ?? `“${part}”`).join(', ');
}

function typing(action: OfTerminal, types: string): string {
  const line = /^([^\n\u0003\u0004]+)\n$/.exec(types);
  return line
    ? `Type a line into ${whose(action)}: ${line[1] ?? ''}`
    : `Type into ${whose(action)}: ${keystrokes(types)}`;
}

function sending({ crowd, talks }: Extract<Action, { crowd: number }>): string {
  if (crowd === 0) return 'Send the crowd away';
  return `Send a crowd of ${crowd.toLocaleString('en')} clients, ${talks ? 'talking' : 'silent'}`;
}

/** What the reader is to do for a step with this action. */
export function turnOf(action: Action, lab: Pick<Lab, 'programs'>): Turn {
  if ('crowd' in action) return { terminal: undefined, text: sending(action) };
  const terminal = terminalOf(action);
  if ('types' in action) return { terminal, text: typing(action, action.types) };
  if ('halfCloses' in action) return { terminal, text: `Press Ctrl-D in ${whose(action)}` };
  if ('interrupts' in action) return { terminal, text: `Press Ctrl-C in ${whose(action)}` };
  if (!('starts' in action)) {
    return { terminal: undefined, text: `Connect ${capital(action.client)}` };
  }
  const ways = lab.programs.find(({ name }) => name === action.program)?.ways;
  const way = ways?.find(({ name }) => name === action.starts)?.label;
  const text = `Start ${action.program}${way === undefined ? '' : `, ${way}`}`;
  return { terminal: undefined, text };
}
