/** Where the site is: at the root of its host, or below a path. */

/**
 * A link of the site, as it is where the site is published: `/select/` is `/book/select/` below
 * `/book/`. What isn’t a path from the root stays as it is.
 * @param base with a slash at both ends
 */
export function below(base: string, link: string): string {
  return link.startsWith('/') && !link.startsWith('//') ? base + link.slice(1) : link;
}

/** The same where pages are made and read, which know where they are. */
export function withBase(link: string): string {
  return below(import.meta.env.BASE_URL, link);
}
