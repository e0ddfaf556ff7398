import astro from 'eslint-plugin-astro';
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';
import { FORBIDDEN_IMPORTS, WHY_FORBIDDEN } from './lab/imports.ts';

/** What may not be imported, with the reason: ESLint says only that it may not. */
function forbidImports(message) {
  const paths = FORBIDDEN_IMPORTS.map((name) => ({ name, message }));
  return { 'no-restricted-imports': ['error', { paths }] };
}

/** The library’s rooms, the lowest first: none imports what is above it. */
const LIBRARY_ROOMS = [
  ...['sys', 'memory', 'core', 'backends', 'event', 'buffer', 'bufferevent', 'listener'],
];
const LIBRARY = [...LIBRARY_ROOMS.map((room) => `libevent/${room}`), 'libevent'];
const BELOW_TESTING = [
  'protocol',
  'lab',
  'content',
  'components',
  'sandbox-server',
  'sandbox-server/guest',
];
const EVERYTHING = [...BELOW_TESTING, 'testing', 'site', 'scripts', 'bench'];

/**
 * Which room may import which, itself and what stands beside the rooms aside: the table of ARCHITECTURE.md. A room that
 * stands to the right of none may be imported by none.
 */
const MAY_IMPORT = {
  ...Object.fromEntries(
    LIBRARY_ROOMS.map((room, floor) => [`libevent/${room}`, LIBRARY.slice(0, floor)]),
  ),
  'libevent/testing': LIBRARY,
  libevent: LIBRARY,
  protocol: [],
  lab: ['protocol'],
  content: ['lab'],
  components: ['lab', 'protocol'],
  'sandbox-server': ['lab', 'protocol', 'sandbox-server/guest'],
  'sandbox-server/guest': ['protocol'],
  site: ['components', 'content', 'lab'],
  testing: BELOW_TESTING,
  e2e: ['lab', 'testing'],
  scripts: [...EVERYTHING, ...LIBRARY],
  bench: [...EVERYTHING, ...LIBRARY],
};
/** What stands beside the rooms: it knows where things are on a disk, and reads the environment. */
const PROJECT = [
  'project.ts',
  'publishing.ts',
  'publishing.test.ts',
  'settings.ts',
  'message-of.ts',
];
/** Rooms that may import that. */
const KNOW_THE_DISK = ['sandbox-server', 'site', 'testing', 'e2e', 'scripts', 'bench'];
/** Rooms that run in a browser, or there too: nothing of Node is there. */
const WITHOUT_NODE = ['protocol', 'lab', 'components'];
/** The packages that a room may import; `bench/` and `scripts/` any, and so may tests. */
const PACKAGES = {
  ...Object.fromEntries([...LIBRARY, 'libevent/testing'].map((room) => [room, ['koffi']])),
  protocol: ['zod'],
  lab: ['zod'],
  content: ['libevent-ts', 'koffi'],
  components: [
    'astro',
    'astro:*',
    '@astrojs/*',
    '@codemirror/*',
    '@lezer/highlight',
    '@xterm/*',
    'diff',
    'uplot',
    'zod',
  ],
  'sandbox-server': ['ws', 'zod', 'koffi', 'mrmime', 'prom-client'],
  'sandbox-server/guest': ['libevent-ts', 'koffi', 'acorn', 'fast-check'],
  site: [
    'astro',
    'astro:*',
    '@astrojs/*',
    'pagefind-ui-itself',
    'book-fonts',
    '@fontsource/*',
    'subset-font',
    'typedoc',
    'github-slugger',
    'zod',
    'vite',
  ],
  testing: ['libevent-ts', 'zod', 'ws'],
  e2e: ['@playwright/test', '@axe-core/playwright', 'fontkitten'],
};
/** Rooms whose code must also run where there is no page. */
const WITHOUT_DOM = ['protocol', 'lab'];
const DOM = ['document', 'window', 'location', 'navigator', 'HTMLElement', 'localStorage'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.astro/', 'test-results/', 'playwright-report/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // One may be there only to be disposed of.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreUsingDeclarations: true }],
      '@typescript-eslint/no-empty-function': 'off',
      // Promise.withResolvers<void>() is what it says.
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Pagefind's interface is a class that is only constructed.
      '@typescript-eslint/no-extraneous-class': ['error', { allowConstructorOnly: true }],
      eqeqeq: 'error',
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.test.ts', '**/testing/**/*.ts', 'e2e/**/*.ts'],
    rules: {
      // node:test’s suite and test return promises that its runner waits for.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['suite', 'test', 'describe', 'it'], package: 'node:test' },
          ],
        },
      ],
    },
  },
  {
    files: ['content/**/*.ts'],
    // Those of labs that show Node’s own sockets: `networks` in their definitions.
    ignores: ['**/*.test.ts', 'content/efficiency/servers-compared/server.ts'],
    rules: forbidImports(WHY_FORBIDDEN),
  },
  {
    // A tracer tells of its calls: `traced` in its definition.
    files: ['content/completion/node-loop/*.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['libevent/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: forbidImports('The library makes its own system calls: see libevent/sys/.'),
  },
  {
    files: ['**/*.ts', '**/*.astro'],
    plugins: { boundaries },
    settings: {
      'boundaries/root-path': import.meta.dirname,
      // The inner rooms first.
      'boundaries/elements': Object.keys(MAY_IMPORT)
        .sort((a, b) => b.length - a.length)
        .map((room) => ({ type: room, pattern: room, partialMatch: false })),
      'boundaries/files': [
        { category: 'test', pattern: ['**/*.test.ts', '**/testing/**'] },
        { category: 'project', pattern: PROJECT },
        { category: 'check', pattern: 'content/*/*/check.ts' },
      ],
      'import/resolver': { node: { extensions: ['.ts', '.astro', '.mjs', '.js'] } },
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          checkAllOrigins: true,
          message:
            'This room may not import that: see “The rooms” in ARCHITECTURE.md, and MAY_IMPORT and PACKAGES in eslint.config.mjs.',
          policies: [
            ...Object.entries(MAY_IMPORT).map(([room, others]) => ({
              from: { element: { type: room } },
              allow: { to: { element: { types: { anyOf: [room, ...others] } } } },
            })),
            {
              from: { element: { types: { noneOf: WITHOUT_NODE } } },
              allow: { to: { module: { origin: 'core' } } },
            },
            ...Object.entries(PACKAGES).map(([room, packages]) => ({
              from: { element: { type: room } },
              allow: { to: { module: { origin: 'external', source: packages } } },
            })),
            {
              from: [
                { element: { types: { anyOf: ['scripts', 'bench'] } } },
                { file: { categories: ['test', 'project'] } },
              ],
              allow: { to: { module: { origin: ['external', 'core'] } } },
            },
            {
              // For its types alone: the checker hands a check everything else.
              from: { file: { categories: 'check' } },
              allow: {
                to: { element: { type: 'sandbox-server/guest' } },
                dependency: { kind: 'type' },
              },
            },
            {
              from: { element: { types: { anyOf: KNOW_THE_DISK } } },
              allow: { to: { file: { categories: 'project' } } },
            },
            {
              from: { file: { categories: 'test' }, element: { types: { noneOf: LIBRARY } } },
              allow: {
                to: [
                  { element: { types: { anyOf: ['testing', 'lab'] } } },
                  { file: { categories: 'project' } },
                ],
              },
            },
            {
              from: { file: { categories: 'project' } },
              allow: { to: { file: { categories: 'project' } } },
            },
            {
              from: { file: { categories: 'test' }, element: { types: { anyOf: LIBRARY } } },
              allow: { to: { element: { types: { anyOf: [...LIBRARY, 'libevent/testing'] } } } },
            },
          ],
        },
      ],
    },
  },
  {
    files: WITHOUT_DOM.map((room) => `${room}/**/*.ts`),
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...[...DOM, 'process', 'Buffer'].map((name) => ({
          name,
          message: 'This room runs on the server and in the browser.',
        })),
      ],
    },
  },
  ...astro.configs.recommended,
);
