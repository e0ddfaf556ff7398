/** Draws what the kernel holds: two pipes for each client, and the queue of who waits to be accepted. */
import { bytesText, contentOf, fillOf, pipeWords, seatsWords } from '../../lab/kernel-text.ts';
import { properName } from '../../lab/timeline-text.ts';
import type { KernelConnection, KernelListener } from '../../protocol/kernel-view.ts';

/** Up to so many seats are drawn one by one; a longer row is a bar. */
const MOST_SEATS = 8;
const NOTHING = '–';

/** What is shown of the kernel in a lab. */
export class KernelView {
  readonly #section: Element;
  readonly #seats: HTMLElement | undefined;

  constructor(section: Element) {
    this.#section = section;
    const seats = section.querySelector('[data-seats]');
    this.#seats = seats instanceof HTMLElement ? seats : undefined;
  }

  show(connections: readonly KernelConnection[], listeners: readonly KernelListener[]): void {
    // Of a client that has come again, the latest connection counts.
    const byClient = new Map(connections.map((each) => [each.client, each]));
    for (const pipes of this.#section.querySelectorAll<HTMLElement>('[data-pipes]')) {
      const connection = byClient.get(pipes.dataset['pipes'] ?? '');
      if (connection) showPipes(pipes, connection);
      else clearPipes(pipes);
    }
    this.#showSeats(listeners);
  }

  clear(): void {
    this.#section.querySelectorAll<HTMLElement>('[data-pipes]').forEach(clearPipes);
    this.#showSeats([]);
  }

  /** The queue in which most wait: a lab has one listener, or a few of which one is waited at. */
  #showSeats(listeners: readonly KernelListener[]): void {
    const seats = this.#seats;
    if (!seats) return;
    const [fullest] = [...listeners].sort((one, other) => other.waiting - one.waiting);
    const row = seats.querySelector('[data-seats-row]');
    const said = seats.querySelector('[data-seats-said]');
    if (!row || !said) return;
    if (!fullest) {
      row.replaceChildren();
      said.textContent = '';
      delete seats.dataset['waiting'];
      return;
    }
    const { waiting, most } = fullest;
    seats.title = listeners.map(seatsWords).join(' ');
    if (seats.dataset['waiting'] === `${waiting}/${most ?? ''}`) return;
    seats.dataset['waiting'] = `${waiting}/${most ?? ''}`;
    const room = most ?? Math.max(waiting, 1);
    const drawn = Math.max(room, waiting);
    if (drawn <= MOST_SEATS) {
      const places = Array.from({ length: drawn }, (_, index) => {
        const seat = document.createElement('i');
        seat.toggleAttribute('data-taken', index < waiting);
        return seat;
      });
      row.replaceChildren(...places);
    } else {
      const bar = document.createElement('i');
      bar.className = 'lab-seats-bar';
      bar.style.setProperty('--level', String(Math.min(1, waiting / room)));
      row.replaceChildren(bar);
    }
    said.replaceChildren(
      span('', `${waiting} of ${most ?? '?'} wait`),
      // Where there is room for it.
      span('lab-seats-why', ' to be accepted'),
      span('sr-only', ` ${seatsWords(fullest)}`),
    );
  }
}

function span(className: string, text: string): HTMLElement {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  // Its words are heard as a sentence.
  if (className !== 'sr-only') element.ariaHidden = 'true';
  return element;
}

function showPipes(pipes: HTMLElement, connection: KernelConnection): void {
  const { client, accepted, holders } = connection;
  const fds = [...new Set(holders.map(({ fd }) => fd))];
  const name = properName(client);
  const number = pipes.querySelector('[data-descriptor-number]');
  const chip = pipes.querySelector<HTMLElement>('[data-descriptor]');
  setText(number, fds.length > 0 ? fds.slice(0, 2).join(', ') : NOTHING);
  if (chip) {
    chip.title = !accepted
      ? `${name} waits to be accepted: the server has no descriptor for this connection yet`
      : fds.length > 0
        ? `${fds.join(', ')} is ${name}: the server’s descriptor for this connection`
        : 'The server has closed its end';
  }
  for (const pipe of pipes.querySelectorAll<HTMLElement>('[data-pipe]')) {
    const way = pipe.dataset['pipe'] === 'to' ? 'to' : 'from';
    const content = contentOf(connection, way);
    const { sent, came } = content;
    const words = pipeWords(client, way, content);
    if (pipe.title !== words) {
      pipe.title = words;
      pipe.ariaLabel = words;
    }
    pipe.dataset['sent'] = String(sent);
    pipe.dataset['came'] = String(came);
    setText(pipe.querySelector('[data-amount]'), bytesText(sent + came));
    const whole = fillOf(sent + came);
    const part = sent + came === 0 ? 0 : (whole * came) / (sent + came);
    pipe.style.setProperty('--came', String(part));
    pipe.style.setProperty('--sent', String(whole - part));
  }
}

function clearPipes(pipes: HTMLElement): void {
  setText(pipes.querySelector('[data-descriptor-number]'), NOTHING);
  for (const pipe of pipes.querySelectorAll<HTMLElement>('[data-pipe]')) {
    setText(pipe.querySelector('[data-amount]'), NOTHING);
    pipe.style.setProperty('--came', '0');
    pipe.style.setProperty('--sent', '0');
    pipe.title = 'Bytes that the kernel holds: there is no connection';
    pipe.ariaLabel = pipe.title;
    delete pipe.dataset['sent'];
    delete pipe.dataset['came'];
  }
}

function setText(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}
