/** Whether this computer has io_uring for tests that need it. */
import {
  EVENT_BASE_FLAG_STARTUP_IOCP,
  EventBase,
  EventConfig,
  eventSetLogCallback,
} from 'libevent-ts';

/** Why there is none, in the library’s words; false if there is. */
export function whyNoUring(): string | false {
  const said: string[] = [];
  eventSetLogCallback((_severity, message) => said.push(message));
  try {
    using config = new EventConfig();
    config.setFlag(EVENT_BASE_FLAG_STARTUP_IOCP);
    using base = new EventBase(config);
    return base.getMethod() === 'io_uring' ? false : said.join(' ');
  } finally {
    eventSetLogCallback(null);
  }
}
