/** How a tracer and its program agree on when to begin. The two variables are only for the two of them to see. */

/** The descriptor from which the program reads one byte once it is traced, or can’t be. */
export const TRACED_VARIABLE = 'READABLE_TRACED';
/** The file of the system-call filter that the program puts up for itself, if its sandbox has one. */
export const FILTER_VARIABLE = 'READABLE_TRACED_FILTER';
/** With this signal the program says that what comes from here on is to be told. Without a tracer it means nothing. */
export const BEGIN = 'SIGURG';
