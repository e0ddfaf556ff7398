/** Severities of what the library logs. */
export const EVENT_LOG_DEBUG = 0;
export const EVENT_LOG_MSG = 1;
export const EVENT_LOG_WARN = 2;
export const EVENT_LOG_ERR = 3;

/**
 * What the library calls with what it has to say.
 *
 * @param severity - an EVENT_LOG_ constant
 * @param message - one line without its end
 */
export type EventLogCallback = (severity: number, message: string) => void;

const NAMES = ['debug', 'msg', 'warn', 'err'];

function toStandardError(severity: number, message: string): void {
  console.error(`[${NAMES[severity] ?? '???'}] ${message}`);
}

// Shared by all bases, as standard error is, which it stands for.
let callback: EventLogCallback = toStandardError;

/**
 * Sends what the library has to say elsewhere than to standard error: `event_set_log_callback()`.
 *
 * @param log - what to call, null for standard error again
 */
export function eventSetLogCallback(log: EventLogCallback | null): void {
  callback = log ?? toStandardError;
}

/**
 * Logs what somebody asked for: libevent's `event_msgx()`.
 *
 * @internal
 */
export function eventMsg(message: string): void {
  callback(EVENT_LOG_MSG, message);
}

/**
 * Logs a warning: libevent's `event_warn()`.
 *
 * @internal
 */
export function eventWarn(message: string): void {
  callback(EVENT_LOG_WARN, message);
}
