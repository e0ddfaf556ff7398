import { isMainThread } from 'node:worker_threads';
import { SA_RESTART, Sigaction, sigaction } from './signal.ts';
import { SignalHandler } from './signal_handler.ts';
import { ownThread } from './thread.ts';

/** A signal that this thread wants, and the handler whose books say so. */
interface Route {
  readonly signum: number;
  readonly fd: number;
  readonly handler: SignalHandler;
}

// A process does one thing about a signal, so all threads that want it use one handler: that of the
// thread that was the first to. In its memory is who wants the signal, and what the process did before.

// What a thread wants of the signals of its process exists once, however many bases it has.
const routes: Route[] = [];
let own: SignalHandler | null = null;

function ownHandler(): SignalHandler {
  if (own === null) {
    own = SignalHandler.create();
    // A worker may end with its events still added.
    if (!isMainThread) process.once('exit', unrouteAll);
  }
  return own;
}

/** What the process does about a signal, or null and leaves errno. */
function actionOf(signum: number): Sigaction | null {
  const action = new Sigaction();
  return sigaction(signum, null, action) < 0 ? null : action;
}

function isIn(handler: SignalHandler, signum: number): boolean {
  return actionOf(signum)?.handler === handler.address;
}

/** Uses the handler that a signal has. Returns as `routeSignal()`, or null if it has another one now. */
function join(handler: SignalHandler, signum: number, fd: number): number | null {
  return handler.locked(() => {
    // Once it is locked, nobody takes it out.
    if (!isIn(handler, signum)) return null;
    const takers = handler.takers(signum);
    handler.setTakers(signum, [...takers, { fd, thread: ownThread() }]);
    routes.push({ signum, fd, handler });
    return takers.length;
  });
}

/** Has a signal use this thread's handler. Returns as `routeSignal()`. */
function install(signum: number, fd: number, previous: Sigaction): number {
  const handler = ownHandler();
  const action = new Sigaction(handler.address, SA_RESTART);
  action.maskAll();
  return handler.locked(() => {
    const takers = handler.takers(signum);
    handler.setOriginal(signum, previous);
    handler.setTakers(signum, [...takers, { fd, thread: ownThread() }]);
    if (sigaction(signum, action, previous) < 0) {
      handler.setTakers(signum, takers);
      return -1;
    }
    // Two threads can get here at once: then the handler of the other one is below this one.
    handler.setOriginal(signum, previous);
    routes.push({ signum, fd, handler });
    const below = SignalHandler.at(previous.handler);
    return takers.length + (below?.takers(signum).length ?? 0);
  });
}

/** Has the process do what it did before a handler that nobody needs. Returns 0, or -1 and leaves errno. */
function uninstall(handler: SignalHandler, signum: number): number {
  const previous = handler.original(signum);
  const below = SignalHandler.at(previous.handler);
  if (below === null) return sigaction(signum, previous, null);
  return below.locked(() => {
    if (below.takers(signum).length === 0) return uninstall(below, signum);
    return sigaction(signum, previous, null);
  });
}

function leave({ signum, fd, handler }: Route): number {
  return handler.locked(() => {
    const takers = handler.takers(signum);
    const index = takers.findLastIndex((taker) => taker.fd === fd);
    if (index >= 0) takers.splice(index, 1);
    const isOver = takers.length === 0 && isIn(handler, signum);
    const result = isOver ? uninstall(handler, signum) : 0;
    handler.setTakers(signum, takers);
    return result;
  });
}

function unrouteAll(): void {
  for (const route of routes.splice(0)) leave(route);
}

function indexOf(signum: number, fd: number): number {
  return routes.findLastIndex((route) => route.signum === signum && route.fd === fd);
}

/**
 * Has each signal of a number written to a descriptor as one byte, that number, from now on. What
 * the process did about it before is kept, and comes back when no descriptor of any thread wants it
 * any more. A thread that ends wants nothing: a worker that ends by itself gives its signals up then;
 * those of one that `terminate()` ended are lost until another thread adds or gives up the same one.
 *
 * @internal
 * @param signum - a signal
 * @param fd - the writing end of a nonblocking pipe. Of several for one signal, also of several
 *   threads, the last gets it.
 * @returns how many descriptors of all threads wanted it already, or -1 and leaves errno
 */
export function routeSignal(signum: number, fd: number): number {
  for (;;) {
    const action = actionOf(signum);
    if (action === null) return -1;
    const handler = SignalHandler.at(action.handler);
    const others = handler === null ? install(signum, fd, action) : join(handler, signum, fd);
    if (others !== null) return others;
  }
}

/**
 * Ends what `routeSignal()` began. The signal goes to the descriptor that had it before, whichever
 * thread's that is, or, if none is left, the process does again what it did at first, unless someone
 * else has said otherwise meanwhile: a handler of Node's own that came later is left in place.
 *
 * @internal
 * @returns 0, or -1 and leaves errno
 */
export function unrouteSignal(signum: number, fd: number): number {
  const index = indexOf(signum, fd);
  const route = routes[index];
  if (route === undefined) return 0;
  routes.splice(index, 1);
  return leave(route);
}

/**
 * Has a signal go to another descriptor in place of one that `routeSignal()` was given.
 *
 * @internal
 */
export function moveRoute(signum: number, from: number, to: number): void {
  const index = indexOf(signum, from);
  const route = routes[index];
  if (route === undefined) return;
  const { handler } = route;
  routes[index] = { signum, fd: to, handler };
  handler.locked(() => {
    const takers = handler.takers(signum).map((taker) => ({
      ...taker,
      fd: taker.fd === from ? to : taker.fd,
    }));
    handler.setTakers(signum, takers);
  });
}
