// Runs inside the sandbox, before a program. The server has already taken the types out of every
// .ts file there, so Node need not load its TypeScript parser: that halves a program's start.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
    return { format: 'module', shortCircuit: true, source: readFileSync(fileURLToPath(url)) };
  },
});

// Here Node has not begun with the main module yet, so it can still become another one.
if (process.argv[1]?.endsWith('/sandbox-server/guest/wait.ts')) {
  const { becomeProgram } = await import('./wait.ts');
  await becomeProgram();
}
