/** The time given to `add()` is up. */
export const EV_TIMEOUT = 0x01;
/** The descriptor can be read without waiting. */
export const EV_READ = 0x02;
/** The descriptor can be written without waiting. */
export const EV_WRITE = 0x04;
/** The signal has come: the event's descriptor is the number of a signal. */
export const EV_SIGNAL = 0x08;
/** The event stays added when it has run. */
export const EV_PERSIST = 0x10;
/** Report changes of readiness, not readiness, where the backend can. */
export const EV_ET = 0x20;
/** The peer has closed its side, noticed without reading. */
export const EV_CLOSED = 0x80;

/** What of an event's `what` a backend watches a descriptor for. */
export const IO_EVENTS = EV_READ | EV_WRITE | EV_CLOSED;

/** The base's own event: it keeps no loop running and is counted and listed nowhere. */
export const INTERNAL = 0x10000;
