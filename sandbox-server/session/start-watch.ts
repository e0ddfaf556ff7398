/** Looks on while a program gets ready, and says what is missing when it does not. */
import { withoutControlSequences } from '../../lab/control-sequences.ts';
import { watchFor } from './text-watch.ts';

/** After so long it is said what is waited for, in milliseconds. A program is ready within one second. */
const PATIENCE = 5000;
/** How often it is looked whether a program listens that has not said so, in milliseconds. */
const LOOK_EVERY = 1000;
/** How much of what it printed is repeated, in characters. */
const LONGEST_QUOTE = 200;
/** How much of it is kept for that, with all that steers a terminal, in characters. */
const KEPT = 4 * LONGEST_QUOTE;

/** How many addresses of a program are named. */
const MOST_ADDRESSES = 4;

/** What is told of a process that is started and waited for. */
export interface Watch {
  /** It has printed. */
  printed?(bytes: Buffer): void;
  /** It is a client, and has its connection. */
  connected?(): void;
  /** It has ended. @returns what resolves once all is said about that, if that takes a while */
  ended(): Promise<void> | undefined;
}

/** A program that is to say when it is ready. */
export interface Awaited {
  /** The name of its terminal, and its file. */
  readonly name: string;
  readonly file: string;
  /** What it prints when it is ready. */
  readonly text: string;
  /** Where it listens, if it does: for one that may never print that. */
  readonly listens?: (() => Promise<string | undefined>) | undefined;
}

/** Where the programs of a run listen, in a sentence. */
export function listenText(listeners: ReadonlyMap<string, readonly string[]>): string {
  const each = [...listeners].flatMap(([name, addresses]) => {
    const [some, more] = [addresses.slice(0, MOST_ADDRESSES), addresses.length - MOST_ADDRESSES];
    const named = more > 0 ? `${some.join(', ')} and ${more} more` : some.join(' and ');
    return addresses.length === 0 ? [] : [`“${name}” listens on ${named}`];
  });
  return each.length === 0 ? 'No program of this run listens anywhere.' : `${each.join(', ')}.`;
}

/** What is kept of a text: its end, from where a word or a control sequence begins. */
function endOf(text: string): string {
  const end = text.slice(-KEPT);
  return text.length > KEPT ? end.slice(Math.max(0, end.search(/[\s\u001b]/))) : end;
}

/** The end of what a program printed, in one line of text: what steers a terminal, or turns text round, is left out. */
function quote(printed: string): string {
  const text = withoutControlSequences(printed)
    .replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ')
    .trim();
  if (text === '') return 'It has printed nothing.';
  // By characters: half of one that takes two units is none.
  const characters = Array.from(text);
  const quoted =
    characters.length > LONGEST_QUOTE ? `…${characters.slice(-LONGEST_QUOTE).join('')}` : text;
  return `It has printed: “${quoted}”.`;
}

/**
 * Watches a program until it is ready.
 * @param over called once: it is ready, or has ended
 * @param tell told in words what is missing, if it takes long or ends before
 * @param listening where the programs of the run listen, in a sentence
 */
export function awaitReady(
  { name, file, text, listens }: Awaited,
  over: () => void,
  tell: (message: string) => void,
  listening: () => Promise<string>,
): Watch {
  // Two programs can share a file; then their terminals tell them apart.
  const what = file === `${name}.ts` ? file : `${file} (“${name}”)`;
  const decoder = new TextDecoder();
  let printed = '';
  let waits = true;
  const late = setTimeout(() => {
    void listening().then((where) => {
      if (!waits) return;
      tell(
        `${what} has not printed “${text}” in ${PATIENCE / 1000} s, and clients wait for that. ${quote(printed)} ${where}`,
      );
    });
  }, PATIENCE);
  let looks: NodeJS.Timeout | undefined;
  const settle = (): void => {
    if (!waits) return;
    waits = false;
    clearTimeout(late);
    clearTimeout(looks);
    over();
  };
  const lookLater = (): void => {
    looks = setTimeout(() => {
      void listens?.().then((address) => {
        if (!waits) return;
        if (address === undefined) {
          lookLater();
          return;
        }
        tell(
          `${what} has not printed “${text}”, but it listens on ${address}, so clients connect.`,
        );
        settle();
      });
    }, LOOK_EVERY);
  };
  if (listens) lookLater();
  const look = watchFor(text, settle);
  return {
    printed(bytes) {
      if (!waits) return;
      printed = endOf(printed + decoder.decode(bytes, { stream: true }));
      look(bytes);
    },
    ended() {
      if (waits) tell(`${what} ended before it printed “${text}”.`);
      settle();
      return undefined;
    },
  };
}

/**
 * Watches a client that connects by itself.
 * @param over called once: it has its connection, or has ended
 * @param tell told in words, if it ends without one
 */
export function awaitConnection(
  name: string,
  address: string,
  over: () => void,
  tell: (message: string) => void,
  listening: () => Promise<string>,
): Watch {
  let waits = true;
  const settle = (): void => {
    if (!waits) return;
    waits = false;
    over();
  };
  return {
    connected: settle,
    ended() {
      if (!waits) return undefined;
      return listening().then((where) => {
        tell(`${name} could not connect to ${address}. ${where}`);
        settle();
      });
    },
  };
}
