/** The version of this package. */
export const LIBEVENT_VERSION = '0.1.0';

/** The version as a number: 0x00MMmmpp00 for major, minor and patch. */
export const LIBEVENT_VERSION_NUMBER = 0x00010000;

/** The version of this package, such as "0.1.0": `event_get_version()`. */
export function eventGetVersion(): string {
  return LIBEVENT_VERSION;
}

/** The version as a number, which is greater for later ones: `event_get_version_number()`. */
export function eventGetVersionNumber(): number {
  return LIBEVENT_VERSION_NUMBER;
}
