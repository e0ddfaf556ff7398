/** What a reader moves to give one pane of a workbench more room than another. */

/** How far an arrow key moves it, in hundredths; with Shift, five times as far. */
const STEP = 2;

/** What a sash divides. */
export interface SashSettings {
  /** What it is called: “Width of the code”. */
  readonly label: string;
  /** Which way it lies; a vertical one is moved to the left and to the right. */
  readonly orientation: 'vertical' | 'horizontal';
  /** The share of the first pane, in hundredths: the least, the most, and what it has now. */
  readonly least: number;
  readonly most: number;
  readonly value: number;
  /** Where a double click puts it back to, in hundredths. */
  readonly first: number;
  /** What the shares are of: its box says where a pointer is. */
  readonly area: HTMLElement;
  /** Called with the share at each move. */
  moved(value: number): void;
  /** Called when the reader has come to an end with moving. */
  settled(value: number): void;
}

/**
 * A separator that is moved by pointer and keyboard, as the window splitter of the ARIA Authoring Practices.
 * Arrow keys move it, Home and End to its bounds, and a double click back to where it was at first.
 */
export class Sash {
  readonly element = document.createElement('div');
  readonly #settings: SashSettings;
  #value: number;

  constructor(settings: SashSettings) {
    this.#settings = settings;
    this.#value = this.#within(settings.value);
    const { element } = this;
    element.className = `sash sash-${settings.orientation}`;
    element.role = 'separator';
    element.tabIndex = 0;
    element.ariaLabel = settings.label;
    element.title = `${settings.label}: drag it, or use the arrow keys. A double click resets it.`;
    element.ariaOrientation = settings.orientation;
    element.ariaValueMin = String(settings.least);
    element.ariaValueMax = String(settings.most);
    element.addEventListener('pointerdown', (event) => this.#drag(event));
    element.addEventListener('keydown', (event) => this.#key(event));
    element.addEventListener('dblclick', () => this.#settle(settings.first));
    this.#move(this.#value);
  }

  #within(value: number): number {
    const { least, most } = this.#settings;
    return Math.min(most, Math.max(least, Math.round(value)));
  }

  #move(value: number): void {
    this.#value = this.#within(value);
    this.element.ariaValueNow = String(this.#value);
    this.element.ariaValueText = `${this.#value} percent`;
    this.#settings.moved(this.#value);
  }

  #settle(value: number): void {
    this.#move(value);
    this.#settings.settled(this.#value);
  }

  #drag(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    const { element } = this;
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    const done = new AbortController();
    const { signal } = done;
    element.addEventListener(
      'pointermove',
      ({ clientX, clientY }) => {
        const { left, top, width, height } = this.#settings.area.getBoundingClientRect();
        const isVertical = this.#settings.orientation === 'vertical';
        this.#move(100 * (isVertical ? (clientX - left) / width : (clientY - top) / height));
      },
      { signal },
    );
    const end = (): void => {
      done.abort();
      this.#settings.settled(this.#value);
    };
    element.addEventListener('lostpointercapture', end, { signal });
  }

  #key(event: KeyboardEvent): void {
    const { orientation, least, most } = this.#settings;
    const [less, more] =
      orientation === 'vertical' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    const step = event.shiftKey ? 5 * STEP : STEP;
    const to =
      event.key === less
        ? this.#value - step
        : event.key === more
          ? this.#value + step
          : event.key === 'Home'
            ? least
            : event.key === 'End'
              ? most
              : undefined;
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#settle(to);
  }
}
