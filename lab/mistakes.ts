/**
 * Says what is wrong with a value that a schema has refused: which field, what it is, and what it may
 * be. Zod's own words stop at “Invalid input” where a value may be one of several things.
 */
import * as z from 'zod';
import { didYouMean, either } from './nearest.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** The types of zod, as an author calls them. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
};

/** How much of a value is repeated in a message, in characters. */
const LONGEST_VALUE = 60;

function typeText(expected: string): string {
  return TYPES[expected] ?? expected;
}

function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), value);
}

/** A value as it may stand in a sentence. */
function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (isObject(value)) return 'an object';
  if (typeof value !== 'string') return String(value);
  const text = value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
  return `“${text}”`;
}

/** The fields that an object may have here: a list for each kind of object that it may be. */
function fieldsAt(schema: unknown, path: Path): string[][] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((each) => fieldsAt(each, path));
  if (schema instanceof z.ZodPipe) return fieldsAt(schema.in, path);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return fieldsAt(schema.unwrap(), path);
  }
  const [key, ...rest] = path;
  if (schema instanceof z.ZodArray && key !== undefined) return fieldsAt(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  if (key === undefined) return [Object.keys(schema.shape)];
  const field: unknown = schema.shape[String(key)];
  return fieldsAt(field, rest);
}

/** A bound that a number, a string or an array has broken. */
function boundText(issue: Issue, value: unknown): string | undefined {
  if (issue.code !== 'too_small' && issue.code !== 'too_big') return undefined;
  const small = issue.code === 'too_small';
  const bound = String(small ? issue.minimum : issue.maximum);
  const limit = small ? `at least ${bound}` : `at most ${bound}`;
  const length = typeof value === 'string' || Array.isArray(value) ? value.length : undefined;
  if (length === undefined) return `must be ${limit}, not ${show(value)}`;
  if (small && length === 0) return 'must not be empty';
  return typeof value === 'string'
    ? `must have ${limit} characters, not ${length}`
    : `must have ${limit} elements, not ${length}`;
}

/** What is wrong with one value, to be put after its path. */
function text(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type': {
      const expected = typeText(issue.expected);
      return value === undefined
        ? `is missing: it must be ${expected}`
        : `must be ${expected}, not ${show(value)}`;
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      const [only = ''] = values;
      const wanted = values.length === 1 ? only : either(values);
      if (value === undefined) return `is missing: it must be ${wanted}`;
      const meant = typeof value === 'string' ? didYouMean(value, values) : '';
      return `must be ${wanted}, not ${show(value)}.${meant}`;
    }
    case 'invalid_format':
      return `is ${show(value)}: ${issue.message}`;
    default:
      return boundText(issue, value) ?? issue.message;
  }
}

/** The kinds of object that are allowed, those first that have one of the fields that are there. */
function kindsText(kinds: readonly (readonly string[])[], given: readonly string[]): string {
  const fitting = kinds.filter((fields) => fields.some((field) => given.includes(field)));
  const written = (fitting.length > 0 ? fitting : kinds).map((each) => `{ ${each.join(', ')} }`);
  return `Allowed here: ${written.join(', ')}.`;
}

/** What a value that may be one of several things is like, when it is like none of them. */
function noKindText(
  issue: z.core.$ZodIssueInvalidUnion,
  value: unknown,
  kinds: string[][],
): string {
  if (!isObject(value)) {
    const expected = issue.errors.flatMap((errors) =>
      errors.flatMap((each) => {
        if (each.path.length > 0) return [];
        if (each.code === 'invalid_type') return [typeText(each.expected)];
        return each.code === 'invalid_value' ? each.values.map(String) : [];
      }),
    );
    const wanted = `must be ${[...new Set(expected)].join(' or ')}, not ${show(value)}`;
    return kinds.length > 1 ? `${wanted}. ${kindsText(kinds, [])}` : wanted;
  }
  const given = Object.keys(value);
  const known = new Set(kinds.flat());
  const unknown = given.filter((field) => !known.has(field));
  if (unknown.length > 0) {
    const said = unknownText(unknown, known);
    return said.endsWith('?') ? said : `${said} ${kindsText(kinds, given)}`;
  }
  const fits = kinds.some((fields) => given.every((field) => fields.includes(field)));
  const names = given.map((field) => `“${field}”`).join(' and ');
  const said = fits ? `there is more to say than ${names || '{}'}` : `${names} don’t go together`;
  return `${said}. ${kindsText(kinds, given)}`;
}

function unknownText(unknown: readonly string[], known: Iterable<string>): string {
  const words = [...known];
  return unknown
    .map((field) => `there is no field “${field}”.${didYouMean(field, words)}`)
    .join(' ');
}

/**
 * Of the things that a value may be, what is wrong with it as the one that has just its fields; none if
 * it has not just the fields of one.
 */
function meantKind({ errors }: z.core.$ZodIssueInvalidUnion, value: unknown): Issue[] {
  const fitting = errors.filter((issues) =>
    issues.every(
      ({ code, path }) =>
        path.length > 0 && code !== 'unrecognized_keys' && valueAt(value, path) !== undefined,
    ),
  );
  return (fitting.length === 1 && fitting[0]) || [];
}

/** The issue itself, or those of what was meant if that is clear. */
function clearest(issue: Issue, value: unknown): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = meantKind(issue, valueAt(value, issue.path));
  return meant.length === 0
    ? [issue]
    : meant.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

function problem(issue: Issue, schema: unknown, value: unknown): string {
  const at = valueAt(value, issue.path);
  const kinds = fieldsAt(schema, issue.path);
  if (issue.code === 'invalid_union') return noKindText(issue, at, kinds);
  if (issue.code !== 'unrecognized_keys') return text(issue, at);
  const known = new Set(kinds.flat());
  const said = unknownText(issue.keys, known);
  return said.endsWith('?') ? said : `${said} Allowed here: ${[...known].join(', ')}.`;
}

/**
 * What is wrong with a value, a line for each mistake, with the path of the field at fault.
 * @param error what `schema` has refused `value` with
 */
export function mistakesIn(error: z.ZodError, schema: z.ZodType, value: unknown): string {
  return error.issues
    .flatMap((issue) => clearest(issue, value))
    .map((issue) => {
      const path = z.core.toDotPath(issue.path);
      const said = problem(issue, schema, value);
      return `  ${path === '' ? 'the lab' : path}: ${said}`;
    })
    .join('\n');
}
