import { NSIG, SA_RESTART, Sigaction, sigaction } from './signal.ts';
import { SignalHandler } from './signal_handler.ts';

/** A signal that is caught: what the process did about it before, and who wants it. */
interface Route {
  /** By Node, by the system, or by the handler of another thread. */
  previous: Sigaction;
  /** The descriptors it may go to; the last one gets it. */
  readonly descriptors: number[];
}

// What a thread wants of the signals of its process exists once, however many bases it has.
let handler: SignalHandler | null = null;
const routes: (Route | undefined)[] = [];
routes.length = NSIG;

/** Whether the process still does about a signal what was asked for here, not something newer. */
function isOurs(signum: number): boolean {
  const current = new Sigaction();
  return sigaction(signum, null, current) === 0 && current.handler === handler?.address;
}

/** Returns what the process did about the signal before, or null and leaves errno. */
function catchSignal(signum: number): Sigaction | null {
  handler ??= SignalHandler.create();
  const action = new Sigaction(handler.address, SA_RESTART);
  action.maskAll();
  const previous = new Sigaction();
  if (sigaction(signum, action, previous) < 0) return null;
  handler.setOriginal(signum, SignalHandler.at(previous.handler)?.original(signum) ?? previous);
  return previous;
}

/** Whether the last to want a signal, before this thread did, was another thread that still does. */
function isTaken({ previous }: Route, signum: number): boolean {
  return SignalHandler.at(previous.handler)?.wants(signum) === true;
}

/**
 * Has each signal of a number written to a descriptor as one byte, that number, from now on. What
 * the process did about it before is kept, and comes back when no descriptor wants it any more.
 *
 * @internal
 * @param signum - a signal
 * @param fd - the writing end of a nonblocking pipe. Of several for one signal, also of several
 *   threads, the last gets it.
 * @returns how many descriptors wanted it already, all those of another thread counted as one, or -1
 *   and leaves errno
 */
export function routeSignal(signum: number, fd: number): number {
  let route = routes[signum];
  if (route === undefined || !isOurs(signum)) {
    const previous = catchSignal(signum);
    if (previous === null) return -1;
    route = { previous, descriptors: route?.descriptors ?? [] };
    routes[signum] = route;
  }
  handler?.setDescriptor(signum, fd);
  const others = route.descriptors.push(fd) - 1;
  return isTaken(route, signum) ? others + 1 : others;
}

/**
 * Ends what `routeSignal()` began. The signal goes to the descriptor that had it before, or, if
 * none is left, the process does again what it did at first, unless someone else has said
 * otherwise meanwhile: a handler of Node's own that came later is left in place, and so is that of
 * another thread.
 *
 * @internal
 * @returns 0, or -1 and leaves errno
 */
export function unrouteSignal(signum: number, fd: number): number {
  const route = routes[signum];
  const index = route === undefined ? -1 : route.descriptors.lastIndexOf(fd);
  if (route === undefined || handler === null || index < 0) return 0;
  route.descriptors.splice(index, 1);
  const next = route.descriptors.at(-1);
  if (next !== undefined) {
    handler.setDescriptor(signum, next);
    return 0;
  }
  routes[signum] = undefined;
  // What another thread's handler does when it wants the signal no longer is nothing at all.
  const isOver = SignalHandler.at(route.previous.handler) !== null && !isTaken(route, signum);
  const back = isOver ? handler.original(signum) : route.previous;
  const result = isOurs(signum) ? sigaction(signum, back, null) : 0;
  handler.setDescriptor(signum, -1);
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
