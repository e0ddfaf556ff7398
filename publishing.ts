/** How the site is published, as whoever hosts it says in the environment: built into its pages. */
import * as z from 'zod';

/** What a path is made of between its slashes: RFC 3986, 3.3, without what would have to be encoded. */
const BASE = /^(\/(?!\.{1,2}(\/|$))[\w.~-]+)*\/?$/;

/** A variable that is set to nothing is not set. */
function unlessEmpty<T extends z.ZodType>(schema: T): z.ZodPreprocess<T> {
  return z.preprocess((value) => (value === '' ? undefined : value), schema);
}

const link = (protocol: RegExp, example: string): z.ZodType<string | undefined> =>
  z.url({ protocol, error: `is no address. Write it like ${example}` }).optional();

/** The variables. */
const publishingVariables = {
  /** Where readers find the site: the scheme and the host. */
  SITE: unlessEmpty(
    z
      .url({
        protocol: /^https?$/,
        abort: true,
        error: 'is no address. Write it like https://readable.example',
      })
      .refine((address) => new URL(address).pathname === '/', {
        error: 'ends with the host: a path goes into READABLE_BASE',
      })
      .optional(),
  ),
  /** The path that everything is below. */
  READABLE_BASE: unlessEmpty(
    z
      .string()
      .regex(BASE, 'is no path to host below. Write it like /book/')
      .default('/')
      .transform((path) => (path.endsWith('/') ? path : `${path}/`)),
  ),
  /** Where the sources are. */
  READABLE_REPOSITORY: unlessEmpty(link(/^https?$/, 'https://forge.example/me/readable')),
  /** Where readers report mistakes. */
  READABLE_FEEDBACK: unlessEmpty(
    link(/^(https?|mailto)$/, 'https://forge.example/issues or mailto:me@readable.example'),
  ),
} as const;

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

/** What is said of the variables, in the order of README's columns. */
export const publishingTexts = [
  {
    name: 'READABLE_BASE',
    fallback: '/',
    allowed: 'a path',
    meaning: 'the path that everything is below, such as `/book/`',
  },
  {
    name: 'SITE',
    fallback: '',
    allowed: 'an address without a path',
    meaning: "the site's own address, such as `https://readable.example`",
  },
  {
    name: 'READABLE_REPOSITORY',
    fallback: '',
    allowed: 'an address',
    meaning: 'where its sources are; the footer links there',
  },
  {
    name: 'READABLE_FEEDBACK',
    fallback: '',
    allowed: 'an address, or `mailto:` and one',
    meaning: 'where readers report mistakes; in the footer too',
  },
] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads how the site is published, and says of each variable at fault what it is and what it may be.
 * @returns as if the variables at fault were not set, and the faults
 */
export function checkPublishing(environment: Environment): {
  readonly publishing: Publishing;
  readonly faults: readonly string[];
} {
  const schema = z.object(publishingVariables);
  const result = schema.safeParse(environment);
  const { SITE, READABLE_BASE, READABLE_REPOSITORY, READABLE_FEEDBACK } = result.success
    ? result.data
    : schema.parse({});
  const publishing = {
    site: SITE,
    base: READABLE_BASE,
    repository: READABLE_REPOSITORY,
    feedback: READABLE_FEEDBACK,
  };
  const issues = result.success ? [] : result.error.issues;
  const faults = issues.map(({ path, message }) => {
    const name = String(path[0]);
    return `${name}=${environment[name] ?? ''} ${message}.`;
  });
  return { publishing, faults };
}

/**
 * Reads how the site is published.
 * @throws Error that names each variable at fault
 */
export function readPublishing(environment: Environment): Publishing {
  const { publishing, faults } = checkPublishing(environment);
  if (faults.length > 0) {
    throw new Error(`The site can’t be built like this:\n  ${faults.join('\n  ')}`);
  }
  return publishing;
}
