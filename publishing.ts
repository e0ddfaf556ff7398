/** How the site is published, as whoever hosts it says in the environment: built into its pages. */
import { refuseFaults, settingsFrom, type Environment, type Setting } from './settings.ts';

/** What a path is made of between its slashes: RFC 3986, 3.3, without what would have to be encoded. */
const BASE = /^(\/(?!\.{1,2}(\/|$))[\w.~-]+)*\/?$/;

/** An address that a link can lead to. */
function link(scheme: RegExp, allowed: string, meaning: string): Setting<string | undefined> {
  return {
    ...{ fallback: undefined, fallbackText: '', allowed, meaning },
    read: (text) => (scheme.test(text) && URL.canParse(text) ? text : undefined),
  };
}

const base: Setting<string> = {
  fallback: '/',
  fallbackText: '/',
  allowed: 'a path such as `/book/`',
  meaning: 'the path that everything is below',
  read(text) {
    if (!BASE.test(text)) return undefined;
    return text.endsWith('/') ? text : `${text}/`;
  },
};

const site: Setting<string | undefined> = {
  fallback: undefined,
  fallbackText: '',
  allowed: 'a scheme and a host, such as `https://readable.example`',
  meaning: "the site's own address",
  read(text) {
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
    const { href, origin, pathname } = new URL(text);
    if (pathname !== '/')
      throw new Error('it must end with the host. A path goes into READABLE_BASE');
    return href === `${origin}/` ? text : undefined;
  },
};

/** The variables. */
export const PUBLISHING_SETTINGS = {
  READABLE_BASE: base,
  SITE: site,
  READABLE_REPOSITORY: link(
    /^https?:\/\//i,
    'an address such as `https://forge.example/me/readable`',
    'where its sources are; the footer links there',
  ),
  READABLE_FEEDBACK: link(
    /^(https?:\/\/|mailto:)/i,
    'an address such as `https://forge.example/issues` or `mailto:me@readable.example`',
    'where readers report mistakes; `{page}` stands for the page; in the footer',
  ),
};

/** What stands in an address for the page that a mistake is on. */
const PAGE = /\{page\}/g;

/**
 * Where a mistake on a page is reported.
 * @param feedback `READABLE_FEEDBACK`. A mail without a subject or a text gets both.
 * @param page the page's address, and what else is to be known of it
 */
export function reportAddress(feedback: string, page: string): string {
  if (feedback.search(PAGE) >= 0) return feedback.replace(PAGE, encodeURIComponent(page));
  if (!/^mailto:[^?]*$/i.test(feedback)) return feedback;
  // RFC 6068, 5: a line in a mail ends with CR LF.
  const text = encodeURIComponent(`\r\n\r\n${page}`);
  return `${feedback}?subject=${encodeURIComponent('A mistake in Readable')}&body=${text}`;
}

/** How the site is published. */
export interface Publishing {
  /** Its address, without a path: `https://readable.example/`. Unknown unless somebody says it. */
  readonly site: string | undefined;
  /** The path that it is below, with a slash at both ends: `/`, `/book/`. */
  readonly base: string;
  /** Where its sources are. */
  readonly repository: string | undefined;
  /** Where readers report mistakes: an address, or `mailto:` somebody. */
  readonly feedback: string | undefined;
}

/**
 * Reads how the site is published, and says of each variable at fault what it is and what it may be.
 * @returns as if the variables at fault were not set, and the faults
 */
export function checkPublishing(environment: Environment): {
  readonly publishing: Publishing;
  readonly faults: readonly string[];
} {
  const { read, faults } = settingsFrom(PUBLISHING_SETTINGS, environment);
  const publishing = {
    base: read('READABLE_BASE'),
    site: read('SITE'),
    repository: read('READABLE_REPOSITORY'),
    feedback: read('READABLE_FEEDBACK'),
  };
  return { publishing, faults };
}

/**
 * Reads how the site is published.
 * @throws Error that names each variable at fault
 */
export function readPublishing(environment: Environment): Publishing {
  const { publishing, faults } = checkPublishing(environment);
  refuseFaults(faults);
  return publishing;
}
