/** The schema of a scenario: what happens in a lab step by step, and what must be seen of it. */
import * as z from 'zod';
import { MOST_CROWD } from '../protocol/crowd-feed.ts';
import { NAME_PATTERN, gaugeSchema } from '../protocol/messages.ts';
import { didYouMean, either } from './nearest.ts';
import { QUESTION_LIMITS } from './question-limits.ts';

/** The name of a lab, a program’s terminal, a client or a way to run. */
export const name = z
  .string()
  .regex(NAME_PATTERN, 'use lower-case letters, digits and hyphens, a letter first');

const silence = z.int().min(50).max(5000);
const text = z.string().min(1);

/** What the scenario player does at the start of a step. */
const action = z.union([
  z.strictObject({
    /** The client that types. */
    client: name,
    /** What it types, line ends included: `hello\n`. */
    types: text,
  }),
  /** The client presses Ctrl-D: its side of the connection is shut down for writing. */
  z.strictObject({ client: name, halfCloses: z.literal(true) }),
  /** A further client connects, and the step goes on when its connection stands. */
  z.strictObject({ client: name, connects: z.literal(true) }),
  /** A further client is started; whether it gets its connection is for the expectations to say. */
  z.strictObject({ client: name, triesToConnect: z.literal(true) }),
  /** Somebody types into a program’s own terminal. */
  z.strictObject({ program: name, types: text }),
  /** A program that starts on demand is started; if it has several ways, name the one to take. */
  z.strictObject({ program: name, starts: z.union([z.literal(true), name]) }),
  /** Somebody presses Ctrl-C in a program’s terminal. */
  z.strictObject({ program: name, interrupts: z.literal(true) }),
  z.strictObject({
    /** A crowd comes, of so many clients; 0 sends it away. */
    crowd: z.int().min(0).max(MOST_CROWD),
    /** Each of them sends a line a second. */
    talks: z.boolean(),
  }),
]);

/** What must be seen, or must not be seen yet, before a step counts as passed. */
const expectation = z.union([
  z.strictObject({
    client: name,
    /** Exactly what the server sends this client from the start of the step on. */
    receives: text,
    /** It comes no earlier than so many milliseconds after the step’s action: something keeps it back. */
    notBefore: silence.optional(),
  }),
  z.strictObject({
    client: name,
    /** For this many milliseconds nothing at all arrives from the server. */
    receivesNothingFor: silence,
  }),
  z.strictObject({
    client: name,
    /** Text that the client says of itself from the start of the step on: `Connection refused`. */
    notes: text,
  }),
  /** The server has closed its side too, and the client’s process has ended. */
  z.strictObject({ client: name, ends: z.literal(true) }),
  /** For this many milliseconds the server does not close the connection, and nothing else ends it. */
  z.strictObject({ client: name, staysOpenFor: silence }),
  /** The client has no connection for this many milliseconds: its connect(2) has not returned. */
  z.strictObject({ client: name, waitsToConnectFor: silence }),
  z.strictObject({
    /** The terminal of the program that must print. */
    program: name,
    /** Text that its output has from the start of the step on. */
    prints: text,
  }),
  z.strictObject({
    program: name,
    /** For this many milliseconds the program prints nothing. */
    printsNothingFor: silence,
  }),
  z.strictObject({
    program: name,
    /** The program makes this system call through the library, and its timeline tells of it. */
    calls: z.string().regex(/^[a-z0-9_]+$/, 'write the name of a system call, such as recv'),
  }),
  /** The program exits with this code. */
  z.strictObject({ program: name, exits: z.int().min(0).max(255) }),
  z
    .strictObject({
      /** A gauge of this lab … */
      gauge: gaugeSchema,
      /** … of this program … */
      program: name,
      /** … shows exactly this, */
      is: z.number().optional(),
      /** or no less than this, */
      atLeast: z.number().optional(),
      /** or no more than this, */
      atMost: z.number().optional(),
      /** or no less than so many times what it showed when the step began, */
      atLeastTimes: z.number().positive().optional(),
      /** or no more than so many times that. */
      atMostTimes: z.number().positive().optional(),
    })
    .refine(
      ({ is, atLeast, atMost, atLeastTimes, atMostTimes }) =>
        [is, atLeast, atMost, atLeastTimes, atMostTimes].some((bound) => bound !== undefined),
      'say what the gauge shows: is, atLeast, atMost, atLeastTimes or atMostTimes',
    ),
]);

const asks = text.max(QUESTION_LIMITS.asks);
const answer = text.max(QUESTION_LIMITS.answer);

/** What the reader is asked before a step: they choose one of several answers, or several, or write their own. */
const question = z.union([
  z
    .strictObject({
      asks,
      choices: z.array(answer).min(2).max(QUESTION_LIMITS.choices),
      /** The choice that is right. A list lets the reader choose several, and has all that are right. */
      right: z.union([answer, z.array(answer).min(1)]),
    })
    .superRefine(({ choices, right }, context) => {
      const add = (field: string, message: string): void => {
        context.addIssue({ code: 'custom', path: [field], message });
      };
      const twice = choices.find((choice, index) => choices.indexOf(choice) !== index);
      if (twice !== undefined) add('choices', `“${twice}” is there twice`);
      const rights = typeof right === 'string' ? [right] : right;
      const unknown = rights.find((each) => !choices.includes(each));
      if (unknown !== undefined) {
        const meant = didYouMean(unknown, choices);
        add('right', `“${unknown}” is not one of the choices: ${either(choices)}.${meant}`);
      } else if (choices.every((choice) => rights.includes(choice))) {
        add('right', 'all of the choices are right: at least one must be wrong');
      }
    }),
  z.strictObject({
    asks,
    /** The right answer as the reader may write it: a number or a few words. */
    answer,
    /** What is as right: `two` beside `2`. Capitals and spaces make no difference. */
    accepts: z.array(answer).max(20).default([]),
  }),
]);

const step = z
  .strictObject({
    /** Asked before the step, and before the reader sees its caption. */
    question: question.optional(),
    /** What is done and why, told before it happens: one or two sentences. */
    caption: text,
    action: action.optional(),
    /** The action follows the step before at once, for what it shows lasts only a while. */
    promptly: z.literal(true).optional(),
    expect: z.array(expectation).default([]),
    /** How long what is expected may take, in milliseconds, if that can be long. */
    within: z.int().min(20_000).max(60_000).optional(),
    /** Told afterwards: why it went as it did. */
    explanation: text.max(500).optional(),
  })
  .refine(({ promptly, question }) => promptly === undefined || question === undefined, {
    path: ['promptly'],
    message: 'a step with a question waits for the answer: take one of the two away',
  });

/** The schema of a scenario. */
export const scenarioSchema = z
  .array(step)
  .min(1)
  .refine(([first]) => first?.promptly === undefined, {
    path: [0, 'promptly'],
    message: 'there is no step before the first that it could follow',
  });

/** A scenario, checked. */
export type Scenario = z.output<typeof scenarioSchema>;
/** One step of a scenario. */
export type Step = Scenario[number];
/** What a step does. */
export type Action = NonNullable<Step['action']>;
/** What a step asks. */
export type Question = NonNullable<Step['question']>;
/** What a step expects. */
export type Expectation = Step['expect'][number];
