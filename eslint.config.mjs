import astro from 'eslint-plugin-astro';
import tseslint from 'typescript-eslint';

/** The library and the labs’ programs make their own system calls: that is what the book is about. */
const NODE_NETWORKING = ['net', 'dgram', 'http', 'https', 'http2', 'tls', 'dns'].flatMap((name) => [
  name,
  `node:${name}`,
]);

/** The library’s rooms, the lowest first: none imports what is above it, nor helpers of tests. */
const LIBRARY_ROOMS = [
  'sys',
  'memory',
  'core',
  'backends',
  'event',
  'buffer',
  'bufferevent',
  'listener',
];

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
    files: ['libevent/**/*.ts', 'content/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: NODE_NETWORKING }] },
  },
  ...LIBRARY_ROOMS.map((room, floor) => ({
    files: [`libevent/${room}/**/*.ts`],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: NODE_NETWORKING,
          patterns: [
            {
              regex: `^\\.\\./(?:(?:${[...LIBRARY_ROOMS.slice(floor + 1), 'testing'].join('|')})/|\\w+\\.ts$)`,
              message: 'A room of the library imports only what is below it.',
            },
          ],
        },
      ],
    },
  })),
  ...astro.configs.recommended,
);
