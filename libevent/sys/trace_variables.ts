/**
 * The variables of the environment that ask for a trace, for whoever starts a program. Nothing else is
 * in this module, so that it can be had without the library.
 */

/** Names the descriptor for the trace. */
export const TRACE_VARIABLE = 'READABLE_TRACE_FD';

/** Names the calls to record, as `select,recv`; without it all are recorded. */
export const TRACE_CALLS_VARIABLE = 'READABLE_TRACE_CALLS';

/**
 * The shortest time between two records of how many calls were made, in milliseconds; without it none
 * are written.
 */
export const TRACE_COUNTS_VARIABLE = 'READABLE_TRACE_COUNTS';

/**
 * The shortest time between two records of a select(2) that is as the one before and does not wait, in
 * milliseconds: those in between are counted. Without it each is recorded.
 */
export const TRACE_REPEATS_VARIABLE = 'READABLE_TRACE_REPEATS';

/**
 * Names the folder of the programs whose lines are told: a record of entry then has the file in it and
 * the line from which the call was made. Without it none has.
 */
export const TRACE_SITES_VARIABLE = 'READABLE_TRACE_SITES';

/** If it is `1`, the callbacks that an event base runs are recorded too. */
export const TRACE_CALLBACKS_VARIABLE = 'READABLE_TRACE_CALLBACKS';

/**
 * About how many records a thread writes in a second. What is beyond that is only counted, but for calls
 * that wait. Without it each is recorded.
 */
export const TRACE_BUDGET_VARIABLE = 'READABLE_TRACE_BUDGET';
