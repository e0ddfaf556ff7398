/** The licences of the fonts, at `/license-fonts.txt`. */
import type { APIRoute } from 'astro';
import signs from '@fontsource/noto-sans-symbols-2/LICENSE?raw';
import serif from '@fontsource/source-serif-4/LICENSE?raw';
// The package with the font has only a licence of its own.
import mono from '../fonts/jetbrains-mono-license.txt?raw';

const FONTS = [
  { name: 'Source Serif 4', text: serif },
  { name: 'JetBrains Mono', text: mono },
  { name: 'Noto Sans Symbols 2', text: signs },
];

const text = FONTS.map(
  ({ name, text }) => `${name}, of which this site ships a part:\n\n${text.trim()}\n`,
).join(`\n${'='.repeat(72)}\n\n`);

export const GET: APIRoute = () => new Response(text);
