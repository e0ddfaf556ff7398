/** What the library exports, for the editor to complete and explain: `/library.json`. */
import type { APIRoute } from 'astro';
import names from '../../dist/reference/names.json?raw';

export const GET: APIRoute = () =>
  new Response(names, { headers: { 'Content-Type': 'application/json' } });
