import { NSIG, SA_RESTART, Sigaction, sigaction } from './signal.ts';
import { SignalHandler } from './signal_handler.ts';

/** A signal that is caught: what the process did about it before, and who wants it. */
class Route {
  readonly previous: Sigaction;
  /** The descriptors it may go to; the last one gets it. */
  readonly descriptors: number[] = [];

  constructor(previous: Sigaction) {
    this.previous = previous;
  }
}

// What a process does about its signals exists once, however many bases it has.
let handler: SignalHandler | null = null;
const routes: (Route | undefined)[] = [];
routes.length = NSIG;

/** Whether the process still does about a signal what was asked for here, not something newer. */
function isOurs(signum: number): boolean {
  const current = new Sigaction();
  return sigaction(signum, null, current) === 0 && current.handler === handler?.address;
}

function catchSignal(signum: number, previous: Sigaction): number {
  handler ??= new SignalHandler();
  const action = new Sigaction(handler.address, SA_RESTART);
  action.maskAll();
  return sigaction(signum, action, previous);
}

/**
 * Has each signal of a number written to a descriptor as one byte, that number, from now on. What
 * the process did about it before is kept, and comes back when no descriptor wants it any more.
 *
 * @internal
 * @param signum - a signal
 * @param fd - the writing end of a nonblocking pipe. Of several for one signal the last gets it.
 * @returns how many descriptors wanted it already, or -1 and leaves errno
 */
export function routeSignal(signum: number, fd: number): number {
  let route = routes[signum];
  if (route === undefined) {
    route = new Route(new Sigaction());
    if (catchSignal(signum, route.previous) < 0) return -1;
    routes[signum] = route;
  } else if (!isOurs(signum) && catchSignal(signum, new Sigaction()) < 0) {
    return -1;
  }
  handler?.setDescriptor(signum, fd);
  return route.descriptors.push(fd) - 1;
}

/**
 * Ends what `routeSignal()` began. The signal goes to the descriptor that had it before, or, if
 * none is left, the process does again what it did at first, unless someone else has said
 * otherwise meanwhile: a handler of Node's own that came later is left in place.
 *
 * @internal
 * @returns 0, or -1 and leaves errno
 */
export function unrouteSignal(signum: number, fd: number): number {
  const route = routes[signum];
  const index = route === undefined ? -1 : route.descriptors.lastIndexOf(fd);
  if (route === undefined || index < 0) return 0;
  route.descriptors.splice(index, 1);
  const next = route.descriptors.at(-1);
  if (next !== undefined) {
    handler?.setDescriptor(signum, next);
    return 0;
  }
  routes[signum] = undefined;
  const result = isOurs(signum) ? sigaction(signum, route.previous, null) : 0;
  handler?.setDescriptor(signum, -1);
  return result;
}

/**
 * Has a signal go to another descriptor in place of one that `routeSignal()` was given.
 *
 * @internal
 */
export function moveRoute(signum: number, from: number, to: number): void {
  const descriptors = routes[signum]?.descriptors ?? [];
  const index = descriptors.lastIndexOf(from);
  if (index < 0) return;
  descriptors[index] = to;
  if (index === descriptors.length - 1) handler?.setDescriptor(signum, to);
}
