/** The drawing of a program’s descriptor sets, as select(2) gets them and gives them back. */
import { clientColour } from '../../lab/client-hue.ts';
import type { Owners } from '../../lab/owners.ts';
import type { MessageOf } from '../../lab/run.ts';
import { properName } from '../../lab/timeline-text.ts';
import { CELL, membersText, placeOf, scanned, type Place } from './fd-set.ts';

const SVG = 'http://www.w3.org/2000/svg';
const PARTS: readonly Place['part'][] = ['cells', 'strip'];
/** How long what came back is shown before the next call: the program itself is gone in no time. */
const SHOWN = 700;
/** How long it is shown what was asked about in a round that is gone, in milliseconds. */
const WAS_SHOWN = 2500;

type Call = MessageOf<'select'>;

/** Shows calls of select(2) in `[data-select]`. */
export class SelectView {
  readonly #state: Element;
  readonly #sets: ReadonlyMap<string, Element>;
  readonly #initial: string;
  /** The latest call that was begun: what is asked about. */
  #asked: Call | undefined;
  #holdUntil = 0;
  /** What was asked about in rounds that nobody saw, by set and descriptor, and until when it is shown. */
  readonly #was = new Map<string, Map<number, number>>();
  #wasTimer: ReturnType<typeof setTimeout> | undefined;
  #drawn: Call | undefined;
  /** Whose each descriptor is. */
  #owners: Owners | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(panel: Element) {
    const state = panel.querySelector('[data-select-state]');
    if (!state) throw new Error('The lab’s markup has no place for the state of select().');
    this.#state = state;
    this.#initial = state.textContent;
    this.#sets = new Map(
      [...panel.querySelectorAll('[data-set]')].map((element) => [
        element.getAttribute('data-set') ?? '',
        element,
      ]),
    );
  }

  /** Shows a call, or what came back from one. */
  show(call: Call, owners?: Owners): void {
    this.#owners = owners;
    clearTimeout(this.#timer);
    this.#noteWas(call);
    if (call.returned) {
      this.#holdUntil = performance.now() + SHOWN;
      this.#draw(call);
      return;
    }
    this.#asked = call;
    const left = this.#holdUntil - performance.now();
    if (left <= 0) this.#draw(call);
    else this.#timer = setTimeout(() => this.#draw(call), left);
  }

  /** Empties the sets. */
  clear(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#wasTimer);
    this.#was.clear();
    this.#drawn = undefined;
    this.#asked = undefined;
    this.#owners = undefined;
    this.#holdUntil = 0;
    this.#state.textContent = this.#initial;
    for (const name of this.#sets.keys()) {
      this.#drawSet(name, [], [], 0);
      this.#say(name, []);
    }
  }

  /** What lasted for one round is gone before anybody could see it: it stays for a while, dim. */
  #noteWas({ was, read, write }: Call): void {
    const until = performance.now() + WAS_SHOWN;
    for (const [name, now] of [
      ['read', read],
      ['write', write],
    ] as const) {
      const gone = this.#was.get(name) ?? new Map<number, number>();
      this.#was.set(name, gone);
      for (const descriptor of was?.[name] ?? []) gone.set(descriptor, until);
      for (const descriptor of now) gone.delete(descriptor);
    }
    if (!was) return;
    clearTimeout(this.#wasTimer);
    this.#wasTimer = setTimeout(() => {
      this.#was.clear();
      if (this.#drawn) this.#draw(this.#drawn);
    }, WAS_SHOWN);
  }

  #say(name: string, ready: readonly number[]): void {
    const members = this.#sets.get(name)?.querySelector('[data-ready-members]');
    if (members) this.#write(members, ready);
  }

  /** Writes descriptors, each in the hue of the client whose it is. */
  #write(place: Element, descriptors: readonly number[]): void {
    const parts = descriptors.flatMap((descriptor, index) => {
      const client = this.#clientOf(descriptor);
      const before = index > 0 ? [', '] : [];
      if (client === undefined) return [...before, String(descriptor)];
      const number = document.createElement('span');
      number.className = 'lab-set-member';
      number.textContent = String(descriptor);
      number.title = `${descriptor} is ${properName(client)}`;
      number.style.setProperty('--client', clientColour(client));
      return [...before, number];
    });
    place.replaceChildren(...(parts.length > 0 ? parts : [membersText([])]));
  }

  #clientOf(descriptor: number): string | undefined {
    const process = this.#asked?.process;
    return process === undefined ? undefined : this.#owners?.ofProgram(process, descriptor);
  }

  #draw(call: Call): void {
    this.#drawn = call;
    const asked = this.#asked ?? call;
    const nfds = asked.nfds ?? 0;
    const found = call.read.length + call.write.length;
    const ready = found === 1 ? '1 descriptor is ready' : `${found} descriptors are ready`;
    this.#state.textContent = call.returned
      ? `select() returned: ${found === 0 ? 'nothing is ready' : ready}.`
      : `The program is in select(${nfds}, …): the kernel looks at the first ${nfds} bits.`;
    for (const name of ['read', 'write'] as const) {
      this.#drawSet(name, asked[name], call.returned ? call[name] : [], nfds);
      // It stays, for whoever looked elsewhere while the bit was lit.
      if (call.returned && found > 0) this.#say(name, call[name]);
    }
  }

  #drawSet(name: string, asked: readonly number[], ready: readonly number[], nfds: number): void {
    const set = this.#sets.get(name);
    const members = set?.querySelector('[data-members]');
    if (members) this.#write(members, asked);
    const was = [...(this.#was.get(name)?.keys() ?? [])].filter((each) => !asked.includes(each));
    const place = set?.querySelector('[data-was]');
    if (place) place.textContent = was.length > 0 ? `(was ${membersText(was)})` : '';
    const readySet = new Set(ready);
    const isScanned = scanned(nfds);
    for (const part of PARTS) {
      const width = String(isScanned[part]);
      set?.querySelector(`[data-scanned="${part}"]`)?.setAttribute('width', width);
      const bits = [...was, ...asked].flatMap((descriptor) => {
        const place = placeOf(descriptor);
        if (place?.part !== part) return [];
        const bit = document.createElementNS(SVG, 'rect');
        bit.setAttribute('x', String(place.x));
        bit.setAttribute('width', String(place.width));
        bit.setAttribute('height', String(CELL));
        const isGone = was.includes(descriptor);
        const kind = isGone
          ? 'lab-bit-was'
          : readySet.has(descriptor)
            ? 'lab-bit-ready'
            : 'lab-bit';
        bit.setAttribute('class', kind);
        const client = this.#clientOf(descriptor);
        if (client !== undefined) bit.style.setProperty('--client', clientColour(client));
        return [bit];
      });
      set?.querySelector(`[data-bits="${part}"]`)?.replaceChildren(...bits);
    }
  }
}
