/**
 * The one definition of what a lab is. A lab is a folder `content/CHAPTER/ID/` with its programs and
 * a `lab.ts` whose default export is `defineLab({ … })`. The site, the sandbox server and the tests
 * all read that file.
 */
import * as z from 'zod';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'use lower-case letters, digits and hyphens, a letter first');

const programFile = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]*\.ts$/,
    'name a TypeScript file of the lab’s own folder, as server.ts',
  );

/** What the scenario player does at the start of a step. */
const action = z.union([
  z.strictObject({
    /** The client that types. */
    client: name,
    /** What it types, line ends included: `hello\n`. */
    types: z.string().min(1),
  }),
  /** The client presses Ctrl-D: its side of the connection is shut down for writing. */
  z.strictObject({ client: name, halfCloses: z.literal(true) }),
  /** A further client connects. */
  z.strictObject({ client: name, connects: z.literal(true) }),
]);

/** What must be seen, or must not be seen yet, before a step counts as passed. */
const expectation = z.union([
  z.strictObject({
    client: name,
    /** Exactly what the server sends this client from the start of the step on. */
    receives: z.string().min(1),
  }),
  z.strictObject({
    client: name,
    /** For this many milliseconds nothing at all arrives from the server. */
    receivesNothingFor: z.int().min(50).max(5000),
  }),
  z.strictObject({
    /** The terminal of the program that must print. */
    program: name,
    /** Text that its output has from the start of the step on. */
    prints: z.string().min(1),
  }),
  /** The server has closed its side too, and the client’s process has ended. */
  z.strictObject({ client: name, ends: z.literal(true) }),
]);

const step = z.strictObject({
  /** What the reader is told before the step happens: one or two sentences. */
  caption: z.string().min(1),
  action: action.optional(),
  expect: z.array(expectation).default([]),
});

/** The schema of a lab definition. */
export const labSchema = z
  .strictObject({
    /** The same as the folder’s name: it is `data-lab` on the page. */
    id: name,
    /** The lab’s accessible name and heading. */
    title: z.string().min(1).max(80),
    /** The question that the reader answers for themselves before the run. */
    predict: z.string().min(1),
    server: z.strictObject({
      /** The program’s file in the lab’s folder. */
      program: programFile,
      /** The port it listens on, where the clients connect. */
      port: z.int().min(1).max(65535),
      /** What it prints when it listens: clients connect after this text. */
      ready: z.string().min(1),
    }),
    /** The clients that connect as soon as the server is ready. */
    clients: z.array(name).min(1).max(8),
    scenario: z.array(step).min(1),
  })
  .superRefine((lab, context) => {
    const known = new Set(lab.clients);
    lab.scenario.forEach((step, index) => {
      if (step.action && 'connects' in step.action) known.add(step.action.client);
      const named = [step.action, ...step.expect].flatMap((part) =>
        part && 'client' in part ? [part.client] : [],
      );
      for (const client of named) {
        if (known.has(client)) continue;
        context.addIssue({
          code: 'custom',
          path: ['scenario', index],
          message: `no client “${client}” is connected at this step: add it to clients, or let it connect in an earlier step`,
        });
      }
      for (const part of step.expect) {
        if (!('program' in part) || part.program === 'server') continue;
        context.addIssue({
          code: 'custom',
          path: ['scenario', index],
          message: `there is no program “${part.program}” in this lab: its one program is “server”`,
        });
      }
    });
    for (const client of known) {
      if (client === 'server')
        context.addIssue({ code: 'custom', path: ['clients'], message: '“server” is taken' });
    }
  });

/** A lab as everything that reads it sees it: checked, with defaults filled in. */
export type Lab = z.output<typeof labSchema>;
/** A lab as its author writes it. */
export type LabDefinition = z.input<typeof labSchema>;
/** One step of a scenario. */
export type Step = Lab['scenario'][number];
/** What a step does. */
export type Action = NonNullable<Step['action']>;
/** What a step expects. */
export type Expectation = Step['expect'][number];

/**
 * Declares a lab. It only gives the author completion and type errors; the check with
 * {@link parseLab} happens where the file is read.
 */
export function defineLab(definition: LabDefinition): LabDefinition {
  return definition;
}

/**
 * Checks what a `lab.ts` exports.
 * @param value the module’s default export
 * @param file its path, for the message
 * @param folder the name of the folder it is in, which must be the lab’s id
 * @throws Error that names the file, each field at fault and what to write instead
 */
export function parseLab(value: unknown, file: string, folder: string): Lab {
  if (value === undefined) {
    throw new Error(`${file}: export a lab: export default defineLab({ … })`);
  }
  const result = labSchema.safeParse(value);
  if (!result.success) {
    throw new Error(`${file} is not a lab yet:\n${z.prettifyError(result.error)}`);
  }
  if (result.data.id !== folder) {
    throw new Error(`${file}: the id “${result.data.id}” must be the folder’s name, “${folder}”`);
  }
  return result.data;
}
