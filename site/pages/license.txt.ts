/** The licence of the book, at `/license.txt`. */
import type { APIRoute } from 'astro';
import text from '../../LICENSE?raw';

export const GET: APIRoute = () => new Response(text);
