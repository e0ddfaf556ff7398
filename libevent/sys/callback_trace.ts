/**
 * What is told of the callbacks that the library runs.
 *
 * @internal
 */
export interface CallbackTrace {
  /**
   * A callback begins.
   *
   * @param what - what for, in words, or the EV_ flags that its event is active for
   * @param fd - the descriptor that it is about, or the signal; -1 for none
   * @param callback - the program's function that is called, if it is known
   * @returns what to hand to `end()` when it has ended, however that is
   */
  begin(what: string | number, fd: number, callback: object | null): number;
  end(id: number): void;
}

/** The name of the function below, by which {@link TraceSites} knows it among the frames of a stack. */
export const RUN_TRACED = 'runTraced';

/**
 * Runs a callback, and tells of it. Where no trace is asked for nobody comes here.
 *
 * @param run - calls it
 * @internal
 */
export function runTraced(
  trace: CallbackTrace,
  what: string | number,
  fd: number,
  callback: object | null,
  run: () => void,
): void {
  const id = trace.begin(what, fd, callback);
  try {
    run();
  } finally {
    trace.end(id);
  }
}
