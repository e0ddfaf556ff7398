/** The list of keys that do something in a lab. It is loaded, and made, when a reader asks for it. */

/** Keys, and what they do; each key is a word or two. */
const KEYS: readonly { readonly where: string; readonly keys: readonly (readonly string[])[] }[] = [
  {
    where: 'In a terminal',
    keys: [
      ['Enter', 'sends the line'],
      ['Ctrl-D', 'ends a client’s side; in the middle of a line, sends what you have typed so far'],
      ['Ctrl-C', 'interrupts the program; with a selection, copies it'],
      ['Ctrl-Enter', 'goes on to the next step of the scenario'],
      ['Page Up, Page Down', 'show what has scrolled out of sight'],
      ['Tab, Shift-Tab', 'leave the terminal'],
    ],
  },
  {
    where: 'Elsewhere in a lab',
    keys: [
      ['Tab, Shift-Tab', 'go from one button or terminal to the next'],
      ['?', 'shows this list'],
    ],
  },
  {
    where: 'In the timeline',
    keys: [
      ['Left, Right', 'go from call to call'],
      ['Up, Down', 'go from row to row'],
      ['Space', 'holds the picture, or follows the run again'],
      ['+, −', 'zoom in on the call that you picked, and out'],
      ['Page Up, Page Down', 'go back and forward in time'],
      ['Home, End', 'go to the start, and to now'],
      ['Escape', 'deselects the call'],
    ],
  },
  {
    where: 'In the workbench',
    keys: [
      ['Escape', 'goes back to the page, except from the editor'],
      ['Arrow keys', 'on the line between two panes, move it'],
    ],
  },
];

/** A dialog over the page. Escape closes it, and the focus goes back to where it was. */
export class KeysDialog {
  readonly #dialog = document.createElement('dialog');

  constructor() {
    this.#dialog.className = 'keys';
    const title = document.createElement('h2');
    title.id = 'keys-title';
    title.textContent = 'Keys';
    this.#dialog.setAttribute('aria-labelledby', title.id);
    this.#dialog.append(title);
    for (const { where, keys } of KEYS) {
      const heading = document.createElement('h3');
      heading.textContent = where;
      const list = document.createElement('dl');
      for (const [key = '', does = ''] of keys) {
        const term = document.createElement('dt');
        term.append(...key.split(', ').flatMap((each, index) => [index > 0 ? ' ' : '', kbd(each)]));
        const meaning = document.createElement('dd');
        meaning.textContent = does;
        list.append(term, meaning);
      }
      this.#dialog.append(heading, list);
    }
    const close = document.createElement('button');
    close.type = 'button';
    close.textContent = 'Close';
    close.title = 'Close the list: Escape';
    close.addEventListener('click', () => this.#dialog.close());
    this.#dialog.append(close);
    this.#dialog.addEventListener('close', () => this.#dialog.remove());
  }

  open(): void {
    if (document.querySelector('dialog.keys')) return;
    document.body.append(this.#dialog);
    this.#dialog.showModal();
  }
}

function kbd(key: string): HTMLElement {
  const element = document.createElement('kbd');
  element.textContent = key;
  return element;
}
