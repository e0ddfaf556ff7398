export { EVBUFFER_CB_ENABLED } from './buffer/callbacks.ts';
export type { EvbufferCbEntry, EvbufferCbInfo } from './buffer/callbacks.ts';
export {
  EVBUFFER_EOL_ANY,
  EVBUFFER_EOL_CRLF,
  EVBUFFER_EOL_CRLF_STRICT,
  EVBUFFER_EOL_LF,
  EVBUFFER_EOL_NUL,
} from './buffer/eol.ts';
export type { EvbufferEolStyle } from './buffer/eol.ts';
export { Evbuffer } from './buffer/evbuffer.ts';
export type { EvbufferCallback, EvbufferLengthCallback } from './buffer/evbuffer.ts';
export {
  EVBUF_FS_CLOSE_ON_FREE,
  EVBUF_FS_DISABLE_LOCKING,
  EVBUF_FS_DISABLE_MMAP,
  EVBUF_FS_DISABLE_SENDFILE,
  EvbufferFileSegment,
} from './buffer/file_segment.ts';
export type { EvbufferFileSegmentCleanupCallback } from './buffer/file_segment.ts';
export type { EvbufferPrintfArgument } from './buffer/printf.ts';
export { EVBUFFER_PTR_ADD, EVBUFFER_PTR_SET, EvbufferPtr } from './buffer/ptr.ts';
export type { EvbufferEol } from './buffer/ptr.ts';
export type { EvbufferCleanupCallback } from './buffer/referenced_memory.ts';
export { Bufferevent } from './bufferevent/bufferevent.ts';
export type {
  BuffereventCallbackSet,
  BuffereventDataCallback,
  BuffereventEventCallback,
  Watermarks,
} from './bufferevent/bufferevent.ts';
export * from './bufferevent/constants.ts';
export type { BuffereventFilterCallback } from './bufferevent/filter.ts';
export { BuffereventRateLimitGroup } from './bufferevent/rate_limit_group.ts';
export type { RateLimitTotals } from './bufferevent/rate_limit_group.ts';
export { EV_RATE_LIMIT_MAX, EvTokenBucketCfg } from './bufferevent/token_bucket_cfg.ts';
export {
  EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST,
  EVENT_BASE_FLAG_IGNORE_ENV,
  EVENT_BASE_FLAG_NOLOCK,
  EVENT_BASE_FLAG_NO_CACHE_TIME,
  EVENT_BASE_FLAG_PRECISE_TIMER,
  EVENT_BASE_FLAG_STARTUP_IOCP,
  EventConfig,
} from './core/config.ts';
export {
  EVENT_BASE_COUNT_ACTIVE,
  EVENT_BASE_COUNT_ADDED,
  EVENT_BASE_COUNT_VIRTUAL,
} from './core/counts.ts';
export { SystemError } from './core/errors.ts';
export {
  EV_FEATURE_EARLY_CLOSE,
  EV_FEATURE_ET,
  EV_FEATURE_FDS,
  EV_FEATURE_O1,
} from './core/eventop.ts';
export {
  EV_CLOSED,
  EV_ET,
  EV_PERSIST,
  EV_READ,
  EV_SIGNAL,
  EV_TIMEOUT,
  EV_WRITE,
} from './core/flags.ts';
export {
  EVENT_LOG_DEBUG,
  EVENT_LOG_ERR,
  EVENT_LOG_MSG,
  EVENT_LOG_WARN,
  eventSetLogCallback,
} from './core/log.ts';
export type { EventLogCallback } from './core/log.ts';
export { EVLOOP_NONBLOCK, EVLOOP_NO_EXIT_ON_EMPTY, EVLOOP_ONCE } from './core/loop.ts';
export { Event, eventSelfCbarg, evsignalNew, evtimerNew } from './event/event.ts';
export type { EventArgument, EventAssignment, EventCallback } from './event/event.ts';
export { EventBase } from './event/event_base.ts';
export * from './evutil.ts';
export { Evconnlistener } from './listener/evconnlistener.ts';
export type {
  EvconnlistenerCallback,
  EvconnlistenerErrorCallback,
} from './listener/evconnlistener.ts';
export {
  LEV_OPT_BIND_IPV4_AND_IPV6,
  LEV_OPT_BIND_IPV6ONLY,
  LEV_OPT_CLOSE_ON_EXEC,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_DEFERRED_ACCEPT,
  LEV_OPT_DISABLED,
  LEV_OPT_LEAVE_SOCKETS_BLOCKING,
  LEV_OPT_REUSEABLE,
  LEV_OPT_REUSEABLE_PORT,
  LEV_OPT_THREADSAFE,
} from './listener/listening_socket.ts';
export { formatAddress } from './sys/address.ts';
export type { IPv4Address, IPv6Address, SocketAddress, UnixAddress } from './sys/address.ts';
export {
  LIBEVENT_VERSION,
  LIBEVENT_VERSION_NUMBER,
  eventGetVersion,
  eventGetVersionNumber,
} from './version.ts';
