/** What Astro does with every page after it was rendered. */
import { defineMiddleware } from 'astro:middleware';
import { leanCode } from './lean-code.ts';
import { stylesheetsOnce } from './stylesheets-once.ts';

/**
 * Starlight marks each page as dark and lets a script correct it. Without the mark, pages follow the
 * system until the script has run, and without JavaScript for good: `theme-without-script.ts`.
 */
export const onRequest = defineMiddleware(async (_, next) => {
  const response = await next();
  const isPage = response.headers.get('Content-Type')?.startsWith('text/html') ?? false;
  if (!isPage) return response;
  const html = await response.text();
  const unthemed = html.replace(/(<html\b[^>]*?) data-theme="dark"/, '$1');
  return new Response(leanCode(stylesheetsOnce(unthemed)), response);
});
