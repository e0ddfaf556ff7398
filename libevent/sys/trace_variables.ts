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
