/** Pagefind ships no types for it. The name is an alias of `astro.config.mjs`. */
declare module 'pagefind-ui-itself' {
  export class PagefindUI {
    constructor(options: unknown);
  }
}
