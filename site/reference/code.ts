/** Declarations as a reader of TypeScript expects them. Pure. */

/** A signature on one line is this long at most. */
const WIDTH = 76;

/** A parameter, as `name: type`. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly optional?: boolean;
  readonly rest?: boolean;
  /** The default value’s source. */
  readonly value?: string | undefined;
}

function parameterCode({ name, type, optional, rest, value }: Parameter): string {
  if (value !== undefined && value !== '...') return `${name}: ${type} = ${value}`;
  return `${rest ? '...' : ''}${name}${optional || value !== undefined ? '?' : ''}: ${type}`;
}

/**
 * A signature, one parameter a line if it is long.
 * @param head what stands before the parameters: `static newBind<T>`
 * @param result what stands after them: `: number`, or nothing for a constructor
 */
export function signatureCode(
  head: string,
  parameters: readonly Parameter[],
  result: string,
): string {
  const inner = parameters.map(parameterCode);
  const line = `${head}(${inner.join(', ')})${result}`;
  if (line.length <= WIDTH || inner.length === 0) return line;
  return `${head}(\n${inner.map((each) => `  ${each},\n`).join('')})${result}`;
}

/** A union of many members, one a line; anything else as it is. */
export function typeCode(name: string, type: string): string {
  const line = `type ${name} = ${type};`;
  if (line.length <= WIDTH || !type.includes(' | ') || type.includes('(')) return line;
  return `type ${name} =${type
    .split(' | ')
    .map((each) => `\n  | ${each}`)
    .join('')};`;
}
