/**
 * What keys do in a terminal, where that is not what xterm does. It sends every key that a full-screen
 * program could want; programs here read lines, and an arrow sent to a server comes back and moves the
 * cursor over what is on the screen.
 */
import type { Terminal } from '@xterm/xterm';

const ESCAPE = '\u001b';
/** The keys of an input method, whose text xterm takes from the field itself. */
const OF_INPUT_METHOD: readonly string[] = ['Process', 'Unidentified', 'Dead'];

/** By what the key writes; by its place where the layout has no Latin letters. */
function isLetter(event: KeyboardEvent, letter: string): boolean {
  const key = event.key.toLowerCase();
  return /^[a-z]$/.test(key) ? key === letter : event.code === `Key${letter.toUpperCase()}`;
}

/** Whether a key is the shortcut with this letter: with Ctrl, Ctrl and Shift, or Cmd. */
function isShortcut(event: KeyboardEvent, letter: string): boolean {
  return !event.altKey && event.ctrlKey !== event.metaKey && isLetter(event, letter);
}

/** Puts the selection where the browser copies from. */
function copy(terminal: Terminal, event: KeyboardEvent): void {
  const { textarea } = terminal;
  if (!textarea) return;
  if (!event.shiftKey) {
    textarea.value = terminal.getSelection();
    textarea.select();
    return;
  }
  // To the browser, Ctrl-Shift-C is no copying.
  event.preventDefault();
  if (!isSecureContext || !terminal.hasSelection()) return;
  void navigator.clipboard.writeText(terminal.getSelection()).catch(() => undefined);
  terminal.clearSelection();
}

/** @returns whether xterm is to take the key */
function press(terminal: Terminal, event: KeyboardEvent): boolean {
  const isDown = event.type === 'keydown';
  // Tab and Shift+Tab go on to the next thing on the page: a terminal is no keyboard trap.
  if (event.key === 'Tab') return false;
  if (isShortcut(event, 'v')) return false;
  if (isShortcut(event, 'c') && (event.shiftKey || terminal.hasSelection())) {
    if (isDown) copy(terminal, event);
    return false;
  }
  if (event.key === 'PageUp' || event.key === 'PageDown') {
    if (isDown) terminal.scrollPages(event.key === 'PageUp' ? -1 : 1);
    event.preventDefault();
    return false;
  }
  return true;
}

/**
 * Takes the keys of a terminal.
 * @param host the element around it, which gets its events first
 * @param send takes what is typed, pasted or put in
 */
export function takeKeys(
  terminal: Terminal,
  host: HTMLElement,
  send: (text: string) => void,
  signal: AbortSignal,
): void {
  /** What the key that is down has sent. */
  let sent: string | undefined;
  /** What was pasted, as xterm gives it. */
  let pasted: string | undefined;
  let isInputMethod = false;

  terminal.attachCustomKeyEventHandler((event) => press(terminal, event));
  terminal.onKey(({ key }) => (sent = key));
  terminal.onData((text) => {
    // What keys send that write nothing, and what xterm says by itself: answers to a program's questions,
    // and what it makes of the mouse.
    const isSequence = text.length > 1 && text.startsWith(ESCAPE) && text !== pasted;
    pasted = undefined;
    if (!isSequence) send(text);
  });

  host.addEventListener(
    'keydown',
    ({ key }) => {
      sent = undefined;
      isInputMethod = OF_INPUT_METHOD.includes(key);
    },
    { signal, capture: true },
  );
  host.addEventListener(
    'paste',
    ({ clipboardData }) => {
      pasted = clipboardData?.getData('text/plain').replaceAll(/\r?\n/g, '\r');
    },
    { signal, capture: true },
  );
  host.addEventListener('keyup', () => (isInputMethod = false), { signal });
  // For screen readers, what is typed stays in the field, and xterm then takes nothing from there. So
  // what comes without a key is lost to it: an emoji that is picked, words that are dictated.
  host.addEventListener(
    'input',
    (event) => {
      if (!(event instanceof InputEvent) || event.inputType !== 'insertText') return;
      const isTaken = isInputMethod || event.isComposing || event.data === sent;
      sent = undefined;
      if (event.data !== null && !isTaken) terminal.input(event.data);
    },
    { signal },
  );
  // The next Ctrl-C interrupts again.
  host.addEventListener(
    'copy',
    () => {
      terminal.clearSelection();
      if (terminal.textarea) terminal.textarea.value = '';
    },
    { signal },
  );
}
