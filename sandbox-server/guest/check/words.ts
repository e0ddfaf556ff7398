/** Bytes, names and numbers in plain words. Pure. */

/** Characters of a text that are shown at all. */
const SHOWN = 32;

/** The names of the first peers, as on the page; those after them have a number. */
const NAMES = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank', 'Grace', 'Heidi'];

/** The name of a peer. @param index which one, counted from 0 */
export function peerName(index: number): string {
  return NAMES[index] ?? `Client ${index + 1}`;
}

/** A number with commas between its thousands. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** A byte that no terminal shows, as TypeScript writes it. */
function escaped(character: string): string {
  const known: Record<string, string> = {
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '"': '\\"',
    '\\': '\\\\',
  };
  return known[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** Bytes in quotation marks, and how many they are if that is more than can be shown. */
export function quoted(bytes: string): string {
  const show = (text: string): string => text.replace(/[^ !#-[\]-~]/g, escaped);
  if (bytes.length <= SHOWN) return `"${show(bytes)}"`;
  const half = SHOWN / 2;
  const size = counted(bytes.length, 'byte');
  return `"${show(bytes.slice(0, half))} … ${show(bytes.slice(-half))}" (${size})`;
}
