/** Whether readers may run what they have written: what the operator says, and what the isolation is good for. */
import { isLoopbackHost } from '../session/origin.ts';
import type { Config } from '../config.ts';
import { whyNot, type Isolation } from '../isolation/isolation.ts';

/** What an operator may say: `auto` leaves it to the isolation. */
export const EDIT_SETTINGS = ['auto', 'on', 'off'] as const;
/** What an operator says. */
export type EditSetting = (typeof EDIT_SETTINGS)[number];

/**
 * Why readers can’t run what they have written, in a sentence for them.
 * @returns undefined if they can
 */
export function whyNoEdits(setting: EditSetting, isolation: Isolation): string | undefined {
  switch (setting) {
    case 'on':
      return undefined;
    case 'off':
      return 'This server runs only the book’s own programs, not yours: its operator has set READABLE_EDITS=off.';
    case 'auto':
      return whyNot(isolation, 'any program');
  }
}

/**
 * A weak isolation is for an operator who is the only reader.
 * @throws Error with what to do about it
 */
export function refuseEditsOfStrangers(
  { edits, host, hosts, proxies }: Pick<Config, 'edits' | 'host' | 'hosts' | 'proxies'>,
  isolation: Isolation,
): void {
  if (edits !== 'on' || isolation.runs === 'any program') return;
  const others = [
    ...(isLoopbackHost(host) ? [] : [`HOST=${host}`]),
    ...(hosts.length > 0 ? ['READABLE_HOSTS'] : []),
    ...(proxies.addresses.rules.length > 0 ? ['READABLE_PROXY'] : []),
  ];
  if (others.length === 0) return;
  throw new Error(
    `READABLE_EDITS=on would run readers’ programs with isolation “${isolation.name}”, which can’t hold them. ` +
      `That is for an operator who is the only reader, and ${others.join(' and ')} ${others.length > 1 ? 'let' : 'lets'} others in. ` +
      'Leave READABLE_EDITS out, or have bubblewrap work: see “Isolation” in the README.',
  );
}

/** What an operator should know who has programs run that the isolation does not hold. */
export function editsWarning(setting: EditSetting, isolation: Isolation): string[] {
  if (setting !== 'on' || isolation.runs === 'any program') return [];
  return [
    `READABLE_EDITS=on: programs from your browser run with isolation “${isolation.name}”, and with the rights of the user they run as. Run only what you have read.`,
  ];
}

/** What an operator is told when the server starts. */
export function editsNotice(setting: EditSetting, isolation: Isolation): string {
  if (whyNoEdits(setting, isolation) === undefined) return 'readers may run their own programs';
  return setting === 'off'
    ? 'off, readers run the site’s own programs only'
    : 'off, they need isolation by bubblewrap; READABLE_EDITS=on allows them for you alone';
}
