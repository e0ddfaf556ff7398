/** What can be set in the environment: how variables are read, what is wrong with one, and how that is said. */
import { messageOf } from './message-of.ts';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable: how it is read, and what is said of it. README has the same table. */
export interface Setting<T> {
  /** What it is without the variable. */
  readonly fallback: T;
  /** The same in words, where the value itself is none. */
  readonly fallbackText: string;
  /** Which values it takes, in words. */
  readonly allowed: string;
  /** What it is for. */
  readonly meaning: string;
  /** Reads a value. @returns undefined, or throws with more to say, when it is not allowed */
  readonly read: (text: string) => T | undefined;
}

/** Variables by their names, with what each is read as. */
export type Settings<T> = { readonly [Name in keyof T]: Setting<T[Name]> };

/** What README has to say of a variable, in the order of its columns. */
export interface SettingText {
  readonly name: string;
  readonly fallback: string;
  readonly allowed: string;
  readonly meaning: string;
}

/** What is said of variables. */
export function textsOf(settings: Readonly<Record<string, Setting<unknown>>>): SettingText[] {
  return Object.entries(settings).map(([name, { fallbackText, allowed, meaning }]) => ({
    ...{ name, allowed, meaning },
    fallback: fallbackText,
  }));
}

/**
 * Reads variables, without the space around their values. One that is empty is not set.
 * @returns what reads one by its name, and the faults of those read so far: a sentence each. A variable at
 *   fault is read as if it were not set.
 */
export function settingsFrom<T>(
  settings: Settings<T>,
  environment: Environment,
): {
  readonly read: <Name extends keyof T & string>(name: Name) => T[Name];
  readonly faults: readonly string[];
} {
  const faults: string[] = [];
  const read = <Name extends keyof T & string>(name: Name): T[Name] => {
    const setting: Setting<T[Name]> = settings[name];
    const text = environment[name]?.trim() ?? '';
    if (text === '') return setting.fallback;
    try {
      const value = setting.read(text);
      if (value !== undefined) return value;
      faults.push(`${name}=${text}: it must be ${setting.allowed.replaceAll('`', '')}.`);
    } catch (error) {
      faults.push(`${name}=${text}: ${messageOf(error)}.`);
    }
    return setting.fallback;
  };
  return { read, faults };
}

/** @throws Error that says all faults, if there are any */
export function refuseFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(`The settings can’t be used:\n  ${faults.join('\n  ')}`);
}
