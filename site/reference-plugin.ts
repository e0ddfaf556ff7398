/** Has the API reference written before the site is built, and puts it into the sidebar. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StarlightPlugin } from '@astrojs/starlight/types';
import { generateReference } from './reference/generate.ts';

/** Where the pages are written; `content.config.ts` reads them there. */
const FOLDER = 'dist/reference';

/** The last group of the sidebar: the glossary, and the reference. */
export function apiReference(): StarlightPlugin {
  return {
    name: 'readable:api-reference',
    hooks: {
      'config:setup': async ({ config, astroConfig, updateConfig }) => {
        const root = fileURLToPath(astroConfig.root);
        const { library, system } = await generateReference(root, join(root, FOLDER));
        const group = {
          label: 'Reference',
          items: [
            { slug: 'glossary' },
            { label: 'The API', slug: 'api' },
            { label: 'libevent-ts', collapsed: true, items: [...library] },
            { label: 'System calls', collapsed: true, items: [...system] },
            { label: 'By its name in C', slug: 'api/c-names' },
          ],
        };
        updateConfig({ sidebar: [...(config.sidebar ?? []), group] });
      },
    },
  };
}
