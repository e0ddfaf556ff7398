import { globSync } from 'node:fs';
import { Server } from 'node:http';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import starlight from '@astrojs/starlight';
import { defineConfig } from 'astro/config';
import { BESIDE, COSTS, JOURNEY, chapterNumber, labsOf } from './components/journey/chapters.ts';
import { definitionsPattern } from './lab/folder.ts';
import { CONTENT, ROOT, SITE } from './project.ts';
import { readPublishing } from './publishing.ts';
import { bookFonts } from './site/fonts/integration.ts';
import { listsWithoutHas } from './site/lists-without-has.ts';
import { themeWithoutScript } from './site/theme-without-script.ts';
import { markdownInPages } from './site/markdown/in-pages.ts';
import { apiReference } from './site/reference-plugin.ts';

const { site, base } = readPublishing(process.env);

const inProject = (path) => fileURLToPath(new URL(path, import.meta.url));

const labDefinitions = globSync(definitionsPattern(), { cwd: CONTENT });

/** A chapter in the sidebar, with what the reader's place needs to know of it. */
function chapter(slug) {
  const attrs = { 'data-chapter': slug, 'data-labs': labsOf(slug, labDefinitions).join(' ') };
  return { slug, attrs: { ...attrs, 'data-number': chapterNumber(slug) } };
}

/**
 * Gives `astro dev` the same sandbox server as production, so that an author's Run button works.
 * @returns {import('astro').AstroIntegration}
 */
function sandboxesInDev() {
  return {
    name: 'readable:sandboxes-in-dev',
    hooks: {
      'astro:config:setup': ({ command, injectScript }) => {
        const script = inProject('components/dev/keep-scroll.ts');
        if (command === 'dev') injectScript('page', `import ${JSON.stringify(script)};`);
      },
      'astro:server:setup': async ({ server, logger }) => {
        if (!(server.httpServer instanceof Server)) {
          logger.warn('Labs cannot run: the development server does not speak plain HTTP.');
          return;
        }
        // Loaded here, not above: a build must not load the sandbox server.
        const { attachToDev } = await import('./sandbox-server/dev.ts');
        const { httpServer, middlewares, watcher } = server;
        await attachToDev({ httpServer, middlewares, watcher });
      },
    },
  };
}

/**
 * What is shown with a link to the site. Most of those who read these tags want a whole address,
 * which is known only of a published site.
 */
function socialCard() {
  const meta = (property, content) => ({ tag: 'meta', attrs: { property, content } });
  const image = `${base}og.png`;
  return [
    meta('og:image', site === undefined ? image : new URL(image, site).href),
    meta('og:image:width', '1200'),
    meta('og:image:height', '630'),
    meta('og:image:alt', 'Readable: asynchronous I/O, one click at a time.'),
  ];
}

/** Icons beside Starlight's, the SVG: for old browsers, for readers of feeds, and for a home screen. */
function icons() {
  const link = (attrs) => ({ tag: 'link', attrs });
  return [
    // With its size: Chromium takes an icon of any size for better than the SVG.
    link({ rel: 'icon', href: `${base}favicon.ico`, sizes: '32x32' }),
    link({ rel: 'apple-touch-icon', href: `${base}apple-touch-icon.png` }),
  ];
}

/**
 * Starlight sets up its search when the browser is idle. Chromium at times never is, after a key that
 * came early: without a limit the search would stay empty for good.
 */
function idleWithinASecond() {
  return {
    tag: 'script',
    content:
      'if (window.requestIdleCallback) { const idle = requestIdleCallback.bind(window); ' +
      'window.requestIdleCallback = (callback, options) => idle(callback, { timeout: 1000, ...options }); }',
  };
}

export default defineConfig({
  // Unless the address is known, pages name none as theirs, and there is no map of the site.
  ...(site === undefined ? {} : { site }),
  base,
  srcDir: './site',
  publicDir: './site/public',
  outDir: relative(ROOT, SITE),
  vite: {
    resolve: {
      alias: [
        // Search is loaded when a reader reaches for it: site/search/lazy-pagefind-ui.ts. Only the
        // script: its style sheet, named by the same package, stays.
        {
          find: /^@pagefind\/default-ui$/,
          replacement: inProject('site/search/lazy-pagefind-ui.ts'),
        },
        {
          find: 'pagefind-ui-itself',
          replacement: inProject('node_modules/@pagefind/default-ui/npm_dist/mjs/ui-core.mjs'),
        },
      ],
    },
    css: { postcss: { plugins: [themeWithoutScript, listsWithoutHas] } },
    // What a lab loads at its first Run or Edit. Found only then, it would make `astro dev` reload the page.
    optimizeDeps: {
      include: [
        '@xterm/xterm',
        '@xterm/addon-fit',
        'zod/mini',
        '@codemirror/autocomplete',
        '@codemirror/commands',
        '@codemirror/language',
        '@codemirror/legacy-modes/mode/javascript',
        '@codemirror/lint',
        '@codemirror/search',
        '@codemirror/state',
        '@codemirror/view',
        '@lezer/highlight',
        'diff',
      ],
    },
  },
  integrations: [
    starlight({
      title: 'Readable',
      description: 'A book on asynchronous I/O whose every program runs when you click Run.',
      // The chapters are outside srcDir, so their Markdown has to be named.
      markdown: { processedDirs: ['./content', './dist/reference'] },
      // content/404.md is the page for a wrong address.
      disable404Route: true,
      // The reference comes after these: site/reference-plugin.ts.
      sidebar: [
        { label: 'Start here', slug: 'index' },
        { label: 'The journey', items: JOURNEY.map(chapter) },
        { label: 'What it costs', items: COSTS.map(chapter) },
        { label: 'Beside the journey', items: BESIDE.map(chapter) },
      ],
      plugins: [apiReference()],
      customCss: [
        './site/fonts/fonts.css',
        './site/styles/theme.css',
        './site/styles/layout.css',
        './site/styles/without-script.css',
      ],
      components: {
        Footer: './site/components/Footer.astro',
        Head: './site/components/Head.astro',
        Hero: './site/components/Hero.astro',
        PageTitle: './site/components/PageTitle.astro',
        Pagination: './site/components/Pagination.astro',
        SiteTitle: './site/components/SiteTitle.astro',
      },
      head: [...socialCard(), ...icons(), idleWithinASecond()],
      expressiveCode: {
        // Nothing to scroll sideways, on a phone least of all.
        defaultProps: { wrap: true },
        styleOverrides: {
          borderRadius: '0.375rem',
          codeFontSize: '0.85rem',
          codeLineHeight: '1.55',
        },
      },
    }),
    bookFonts(),
    markdownInPages(),
    sandboxesInDev(),
  ],
});
