/**
 * A reader’s versions of a lab’s programs in a link: `#lab-ID&edit=…`, compressed, after the `#`, which no
 * browser sends to a server. Whoever wrote the link may wish the reader ill.
 */
import * as z from 'zod/mini';
import { MAX_EDIT, MAX_EDITS } from '../../protocol/messages.ts';

/** A reader’s version of a file. */
interface Version {
  readonly file: string;
  readonly text: string;
}

/** The shape of what is in a link. */
const VERSION = 1;
/** In characters: less than the shortest address bar takes, 80,000 in Safari. */
const LONGEST = 64_000;
/** In bytes. JSON writes a character of one byte as six at most, and few so. */
const MOST_INFLATED = 2 * MAX_EDITS * MAX_EDIT;

const schema = z.strictObject({
  version: z.literal(VERSION),
  edits: z
    .array(
      z.strictObject({
        file: z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,63}\.ts$/)),
        text: z.string().check(z.maxLength(MAX_EDIT)),
      }),
    )
    .check(z.minLength(1), z.maxLength(MAX_EDITS)),
});

/** Thrown for a link that cannot be made, or cannot be read; its message is a sentence for the reader. */
export class LinkError extends Error {
  override name = 'LinkError';
}

/** All that comes, up to `most` bytes. @throws LinkError past that, without reading on */
async function collect(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > most) {
      await reader.cancel();
      throw new LinkError('The edit in this link is larger than any program may be.');
    }
    chunks.push(next.value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function through(
  bytes: Uint8Array<ArrayBuffer>,
  transform: CompressionStream | DecompressionStream,
): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream().pipeThrough(transform);
}

function toBase64url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/**
 * What stands after the `#` of a link to these versions.
 * @throws LinkError if some browser would not take a link so long
 */
export async function fragmentFor(lab: string, edits: readonly Version[]): Promise<string> {
  const json = JSON.stringify({ version: VERSION, edits });
  const bytes = new TextEncoder().encode(json);
  const deflated = through(bytes, new CompressionStream('deflate-raw'));
  const fragment = `lab-${lab}&edit=${toBase64url(await collect(deflated, Infinity))}`;
  if (fragment.length > LONGEST) {
    const length = fragment.length.toLocaleString('en');
    throw new LinkError(
      `The link would have ${length} characters, and some browsers take no more than ${LONGEST.toLocaleString('en')}. Send the file instead: Download saves it.`,
    );
  }
  return fragment;
}

/** What a link brings for a lab, still compressed; undefined if it brings nothing for this one. */
export function editIn(hash: string, lab: string): string | undefined {
  const start = `#lab-${lab}&edit=`;
  return hash.startsWith(start) ? hash.slice(start.length) : undefined;
}

/**
 * Reads what {@link fragmentFor} wrote.
 * @param code what {@link editIn} found
 * @throws LinkError if it is not that, or too large
 */
export async function readEdits(code: string): Promise<readonly Version[]> {
  if (code.length > LONGEST) throw new LinkError('The edit in this link is too long to be read.');
  let value: unknown;
  try {
    const inflated = through(fromBase64url(code), new DecompressionStream('deflate-raw'));
    const bytes = await collect(inflated, MOST_INFLATED);
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw damaged();
  }
  const result = schema.safeParse(value);
  if (!result.success) throw damaged();
  return result.data.edits;
}

function damaged(): LinkError {
  return new LinkError(
    'The edit in this link cannot be read. Part of the link may be missing: ask for it again.',
  );
}
