/** How long a program is. Pure. */

/**
 * The lines of code in a program: those that are neither empty, nor a comment, nor part of an import.
 * What is left is what its author had to think of.
 */
export function countCodeLines(text: string): number {
  let within: 'code' | 'comment' | 'import' = 'code';
  let count = 0;
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (within === 'code' && trimmed.startsWith('/*')) within = 'comment';
    if (within === 'code' && /^import\b(?!\s*[.(])/.test(line)) within = 'import';
    if (within === 'comment') {
      if (trimmed.includes('*/')) within = 'code';
    } else if (within === 'import') {
      if (trimmed.endsWith(';')) within = 'code';
    } else if (trimmed !== '' && !trimmed.startsWith('//')) {
      count++;
    }
  }
  return count;
}
