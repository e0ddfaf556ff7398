/** What the API reference says about the library: plain data, between typedoc and Markdown. */

/** A comment, its parts in Markdown. */
export interface Doc {
  readonly summary: string;
  readonly params: readonly { readonly name: string; readonly text: string }[];
  readonly returns?: string | undefined;
  readonly throws: readonly string[];
}

/** Something with a declaration of its own: a function, a method, a property. */
export interface Member {
  readonly name: string;
  readonly kind: 'constructor' | 'static' | 'property' | 'method';
  /** Its declarations in TypeScript; more than one when it is overloaded. */
  readonly code: readonly string[];
  /** What is said of each. */
  readonly docs: readonly Doc[];
}

/** Something that the library exports. */
export interface Entry {
  readonly name: string;
  readonly kind: 'class' | 'interface' | 'type' | 'function' | 'constant';
  /** What it is imported from. */
  readonly module: 'libevent-ts' | 'libevent-ts/sys';
  /** Where it is declared, within the library’s folder: `sys/socket.ts`. */
  readonly file: string;
  readonly line: number;
  readonly code: readonly string[];
  readonly docs: readonly Doc[];
  readonly members: readonly Member[];
  /** A constant’s value. */
  readonly value?: string | undefined;
}
