/** `npm run dev`: the site as it is written, with its sandboxes, on PORT and HOST as `npm start` has them. */
import { messageOf } from '../message-of.ts';
import { readConfig } from '../sandbox-server/config.ts';

// Read when Astro is loaded. Whoever writes a chapter is nobody's statistics.
process.env['ASTRO_TELEMETRY_DISABLED'] = '1';

try {
  const { host, port } = readConfig(process.env);
  const { dev } = await import('astro');
  await dev({ server: { host, port } });
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
