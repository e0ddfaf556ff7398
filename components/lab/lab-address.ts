/**
 * Addresses of labs: `/select/?way=NAME#lab-ID`, with `?workbench` for the lab at full size. The fragment is the
 * lab's own id, so a browser goes there without a script. What follows it after an `&`, as in `#lab-ID&edit=…`, is
 * of no concern here.
 */
import { WAYS } from './stage.ts';

/** What an address says of labs. */
export interface LabAddress {
  /** The lab that it leads to. */
  readonly lab: string | undefined;
  /** The way that is to be chosen there; without a lab, in every lab that has it. */
  readonly way: string | undefined;
  /** Whether the lab is to be opened at full size. */
  readonly workbench: boolean;
}

const FRAGMENT = /^#lab-([\w-]{1,64})(?:&|$)/;
const WAY = /^[\w-]{1,64}$/;

/** Reads an address. What is no lab, or no way, is as if it were not there. */
export function readLabAddress({ hash, searchParams }: URL): LabAddress {
  const way = searchParams.get('way') ?? '';
  const lab = FRAGMENT.exec(hash)?.[1];
  const workbench = lab !== undefined && searchParams.has('workbench');
  return { lab, way: WAY.test(way) ? way : undefined, workbench };
}

/**
 * The address of a lab.
 * @param page the address of its page; only what leads to the page is taken from it
 * @param way the way that is to be chosen, if not the first
 * @param workbench whether the lab is to be opened at full size
 */
export function labAddress(
  { origin, pathname }: URL,
  lab: string,
  way?: string,
  workbench = false,
): string {
  const said = [
    ...(workbench ? ['workbench'] : []),
    ...(way === undefined ? [] : [`way=${encodeURIComponent(way)}`]),
  ].join('&');
  return `${origin}${pathname}${said && `?${said}`}#lab-${lab}`;
}

/** The way that is chosen in a lab’s section, if not the first. */
export function chosenWay(section: ParentNode): string | undefined {
  const ways = section.querySelector<HTMLSelectElement>(WAYS);
  return ways && ways.selectedIndex > 0 ? ways.value : undefined;
}
