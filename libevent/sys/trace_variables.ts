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
