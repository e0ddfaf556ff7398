/**
 * Addresses of labs: `/select/?way=NAME#lab-ID`. The fragment is the lab's own id, so a browser goes there
 * without a script. What follows it after an `&`, as in `#lab-ID&edit=…`, is of no concern here.
 */
import { WAYS } from './stage.ts';

/** What an address says of labs. */
export interface LabAddress {
  /** The lab that it leads to. */
  readonly lab: string | undefined;
  /** The way that is to be chosen there; without a lab, in every lab that has it. */
  readonly way: string | undefined;
}

const FRAGMENT = /^#lab-([\w-]{1,64})(?:&|$)/;
const WAY = /^[\w-]{1,64}$/;

/** Reads an address. What is no lab, or no way, is as if it were not there. */
export function readLabAddress({ hash, searchParams }: URL): LabAddress {
  const way = searchParams.get('way') ?? '';
  return { lab: FRAGMENT.exec(hash)?.[1], way: WAY.test(way) ? way : undefined };
}

/**
 * The address of a lab.
 * @param page the address of its page; only what leads to the page is taken from it
 * @param way the way that is to be chosen, if not the first
 */
export function labAddress({ origin, pathname }: URL, lab: string, way?: string): string {
  const search = way === undefined ? '' : `?way=${encodeURIComponent(way)}`;
  return `${origin}${pathname}${search}#lab-${lab}`;
}

/** The way that is chosen in a lab’s section, if not the first. */
export function chosenWay(section: ParentNode): string | undefined {
  const ways = section.querySelector<HTMLSelectElement>(WAYS);
  return ways && ways.selectedIndex > 0 ? ways.value : undefined;
}
