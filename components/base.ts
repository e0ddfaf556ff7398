/** Where the site is: at the root of its host, or below a path. */

/**
 * A link of this site, as it is where the site is published: `/select/` is `/book/select/` below
 * `/book/`. What is no path from the root stays as it is.
 */
export function withBase(link: string): string {
  return link.startsWith('/') && !link.startsWith('//')
    ? import.meta.env.BASE_URL + link.slice(1)
    : link;
}
