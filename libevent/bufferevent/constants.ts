/** Option: close the descriptor, or free the bufferevent underneath, when the bufferevent is freed. */
export const BEV_OPT_CLOSE_ON_FREE = 0x01;
/**
 * Option: libevent makes the bufferevent lock itself against other threads. Objects of JavaScript
 * never leave their thread, so it is accepted and changes nothing.
 */
export const BEV_OPT_THREADSAFE = 0x02;
/**
 * Option: call back from the loop only, never from within the work that led to it. Several things to
 * tell become one call of each callback.
 */
export const BEV_OPT_DEFER_CALLBACKS = 0x04;
/**
 * Option: libevent calls back without holding the bufferevent's lock. There is no lock here; only
 * together with BEV_OPT_DEFER_CALLBACKS, as in libevent.
 */
export const BEV_OPT_UNLOCK_CALLBACKS = 0x08;

/** It happened while reading. */
export const BEV_EVENT_READING = 0x01;
/** It happened while writing. */
export const BEV_EVENT_WRITING = 0x02;
/** The peer has shut its side. */
export const BEV_EVENT_EOF = 0x10;
/** A call failed; `EVUTIL_SOCKET_ERROR()` says why. */
export const BEV_EVENT_ERROR = 0x20;
/** Nothing moved for as long as `setTimeouts()` allows. */
export const BEV_EVENT_TIMEOUT = 0x40;
/** The connection that `connect()` asked for is there. */
export const BEV_EVENT_CONNECTED = 0x80;

/** Flush mode: the filters may keep back what they are not ready to hand on. */
export const BEV_NORMAL = 0;
/** Flush mode: hand on as much as can be. */
export const BEV_FLUSH = 1;
/** Flush mode: hand on everything; nothing follows. */
export const BEV_FINISHED = 2;

/** Result of a filter: it has moved something. */
export const BEV_OK = 0;
/** Result of a filter: it needs more bytes before it can move any. */
export const BEV_NEED_MORE = 1;
/** Result of a filter: it cannot go on. */
export const BEV_ERROR = 2;

/** For `trigger()`: call back whatever the watermarks say. */
export const BEV_TRIG_IGNORE_WATERMARKS = 0x10000;
/** For `trigger()` and `triggerEvent()`: call back from the loop, not from within the call. */
export const BEV_TRIG_DEFER_CALLBACKS = BEV_OPT_DEFER_CALLBACKS;

/** How thoroughly to flush: `enum bufferevent_flush_mode`. */
export type BuffereventFlushMode = typeof BEV_NORMAL | typeof BEV_FLUSH | typeof BEV_FINISHED;

/** What a filter says: `enum bufferevent_filter_result`. */
export type BuffereventFilterResult = typeof BEV_OK | typeof BEV_NEED_MORE | typeof BEV_ERROR;
