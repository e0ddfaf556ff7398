/** Reads what the library exports, with typedoc, from its sources and their comments. */
import { constants } from 'node:os';
import { join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import {
  Application,
  ReflectionKind,
  type Comment,
  type CommentDisplayPart,
  type DeclarationReflection,
  type ParameterReflection,
  type SignatureReflection,
  type TypeParameterReflection,
} from 'typedoc';
import { signatureCode, typeCode, type Parameter } from './code.ts';
import type { Doc, Entry, Member } from './entry.ts';

const MODULES = { index: 'libevent-ts', sys: 'libevent-ts/sys' } as const;

/** Text outside of code must not be taken for HTML. */
function markdownOf(parts: readonly CommentDisplayPart[]): string {
  return parts
    .map((part) => {
      if (part.kind === 'text') return part.text.replaceAll('<', '&lt;');
      // {@link recv}: a code span, which becomes a link with all the others.
      return part.kind === 'inline-tag' ? `\`${part.text}\`` : part.text;
    })
    .join('')
    .trim();
}

function docOf(comment: Comment | undefined, parameters: readonly ParameterReflection[]): Doc {
  const tags = comment?.blockTags ?? [];
  const texts = (tag: string): string[] =>
    tags.filter((each) => each.tag === tag).map(({ content }) => markdownOf(content));
  return {
    summary: markdownOf(comment?.summary ?? []),
    params: parameters.flatMap(({ name, comment: own }) => {
      const text = markdownOf(own?.summary ?? []);
      return text === '' ? [] : [{ name, text }];
    }),
    returns: texts('@returns')[0],
    throws: texts('@throws'),
  };
}

function typeParameters(parameters: readonly TypeParameterReflection[] | undefined): string {
  if (!parameters?.length) return '';
  const each = parameters.map(({ name, type, default: value }) => {
    const limit = type ? ` extends ${type.toString()}` : '';
    return `${name}${limit}${value ? ` = ${value.toString()}` : ''}`;
  });
  return `<${each.join(', ')}>`;
}

/** `[Symbol.dispose]`, which typedoc calls `[dispose]`. */
function nameOf({ name }: { name: string }): string {
  return name.replace(/^\[(\w+)\]$/, '[Symbol.$1]');
}

function parametersOf({ parameters = [] }: SignatureReflection): Parameter[] {
  return parameters.map((parameter) => ({
    name: parameter.name,
    type: parameter.type?.toString() ?? 'unknown',
    optional: parameter.flags.isOptional,
    rest: parameter.flags.isRest,
    value: parameter.defaultValue,
  }));
}

function signatureOf(prefix: string, name: string, signature: SignatureReflection): string {
  const isConstructor = signature.kindOf(ReflectionKind.ConstructorSignature);
  const own = isConstructor ? '' : typeParameters(signature.typeParameters);
  const result = isConstructor ? '' : `: ${signature.type?.toString() ?? 'void'}`;
  return signatureCode(`${prefix}${name}${own}`, parametersOf(signature), result);
}

function aliasCode({ name, typeParameters: own, type }: DeclarationReflection): string {
  const head = `${name}${typeParameters(own)}`;
  const signature = type?.type === 'reflection' ? type.declaration.signatures?.[0] : undefined;
  if (!signature) return typeCode(head, type?.toString() ?? 'unknown');
  const result = ` => ${signature.type?.toString() ?? 'void'};`;
  return signatureCode(`type ${head} = `, parametersOf(signature), result);
}

function callable(
  { signatures = [] }: DeclarationReflection,
  prefix: string,
  name: string,
): Pick<Member, 'code' | 'docs'> {
  return {
    code: signatures.map((signature) => signatureOf(prefix, name, signature)),
    docs: signatures.map(({ comment, parameters }) => docOf(comment, parameters ?? [])),
  };
}

function propertyOf(reflection: DeclarationReflection): Member {
  const name = nameOf(reflection);
  const { getSignature, setSignature, flags } = reflection;
  const type = (getSignature?.type ?? reflection.type)?.toString() ?? 'unknown';
  const isReadonly = flags.isReadonly || (getSignature !== undefined && setSignature === undefined);
  return {
    name,
    kind: 'property',
    code: [`${isReadonly ? 'readonly ' : ''}${name}${flags.isOptional ? '?' : ''}: ${type};`],
    docs: [docOf(getSignature?.comment ?? reflection.comment, [])],
  };
}

function memberOf(owner: DeclarationReflection, reflection: DeclarationReflection): Member {
  const name = nameOf(reflection);
  if (reflection.kindOf(ReflectionKind.Constructor)) {
    return { name, kind: 'constructor', ...callable(reflection, 'new ', owner.name) };
  }
  if (!reflection.kindOf(ReflectionKind.Method)) return propertyOf(reflection);
  const isStatic = reflection.flags.isStatic;
  const prefix = isStatic ? 'static ' : '';
  return { name, kind: isStatic ? 'static' : 'method', ...callable(reflection, prefix, name) };
}

/** A class’s own affairs: fields that have no comment or come from its implementation. */
function isShown(owner: DeclarationReflection, reflection: DeclarationReflection): boolean {
  if (owner.kindOf(ReflectionKind.Interface)) return true;
  const { kind, docs } = memberOf(owner, reflection);
  if (kind === 'method' || kind === 'static') return true;
  const isSaid = docs.some(({ summary, params }) => summary !== '' || params.length > 0);
  return isSaid && (kind === 'constructor' || reflection.inheritedFrom === undefined);
}

/** Numbers that the library takes from Node. */
const NUMBERS: Readonly<Record<string, number>> = { ...constants.errno, ...constants.signals };

function constantOf(reflection: DeclarationReflection): Pick<Entry, 'value' | 'docs'> {
  const type = reflection.type?.toString() ?? '';
  const known = NUMBERS[reflection.name];
  const doc = docOf(reflection.comment, []);
  const isLiteral = reflection.type?.type === 'literal';
  const isError = known !== undefined && reflection.name in constants.errno;
  return {
    value: isLiteral ? type : known?.toString(),
    docs: [
      doc.summary === '' && isError ? { ...doc, summary: getSystemErrorMessage(-known) } : doc,
    ],
  };
}

function headOf({ name, kind, typeParameters: own, extendedTypes }: DeclarationReflection): string {
  const word = kind === ReflectionKind.Class ? 'class' : 'interface';
  // That an event is a record in the base’s structures is its implementation; an Error is not.
  const parent = extendedTypes?.find((type) => type.toString() === 'Error');
  return `${word} ${name}${typeParameters(own)}${parent ? ' extends Error' : ''}`;
}

function entryOf(reflection: DeclarationReflection, module: Entry['module']): Entry {
  const source = reflection.sources?.[0];
  const base = {
    name: reflection.name,
    module,
    file: source?.fileName ?? '',
    line: source?.line ?? 0,
    members: [],
  };
  const docs = [docOf(reflection.comment, [])];
  if (reflection.kindOf([ReflectionKind.Class, ReflectionKind.Interface])) {
    const members = (reflection.children ?? [])
      .filter((child) => isShown(reflection, child))
      .map((child) => memberOf(reflection, child));
    const kind = reflection.kindOf(ReflectionKind.Class) ? 'class' : 'interface';
    return { ...base, kind, code: [headOf(reflection)], docs, members };
  }
  if (reflection.kindOf(ReflectionKind.Function)) {
    return { ...base, kind: 'function', ...callable(reflection, '', reflection.name) };
  }
  if (reflection.kindOf(ReflectionKind.TypeAlias)) {
    return { ...base, kind: 'type', code: [aliasCode(reflection)], docs };
  }
  return { ...base, kind: 'constant', code: [], ...constantOf(reflection) };
}

/**
 * What the library exports. What both of its modules export is there once, as the second has it.
 * @param library the library’s folder
 * @throws Error when typedoc cannot read it
 */
export async function readLibrary(library: string): Promise<Entry[]> {
  const application = await Application.bootstrap({
    entryPoints: [join(library, 'index.ts'), join(library, 'sys', 'index.ts')],
    tsconfig: join(library, '..', 'tsconfig.json'),
    basePath: library,
    displayBasePath: library,
    disableGit: true,
    sourceLinkTemplate: '{path}',
    readme: 'none',
    // `tsc` and `astro check` say what is wrong with types.
    skipErrorChecking: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeExternals: true,
    logLevel: 'Error',
  });
  const project = await application.convert();
  const modules = project?.children ?? [];
  const entries = Object.entries(MODULES).flatMap(([name, module]) =>
    (modules.find((each) => each.name === name)?.children ?? [])
      .filter((reflection) => !reflection.isReference())
      .map((reflection) => entryOf(reflection, module)),
  );
  if (entries.length === 0) throw new Error(`typedoc found no exports in ${library}`);
  return entries;
}
