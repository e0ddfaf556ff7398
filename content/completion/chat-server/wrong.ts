/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

export default [
  {
    name: 'asks-nobody',
    fails: 'asks',
    patch: [{ replace: `send(client, 'Your name?');`, by: '' }],
  },
  {
    name: 'lets-two-have-one-name',
    fails: 'refuses',
    patch: [{ replace: `if (name === '' || members.has(name)) {`, by: `if (name === '') {` }],
  },
  {
    name: 'tells-nobody-who-comes',
    fails: 'comes',
    patch: [{ replace: 'tellOthers(client, `* ${name} has come.`);', by: '' }],
  },
  {
    name: 'sends-it-to-the-sender-as-well',
    fails: 'lines',
    patch: [{ replace: 'if (member !== client) send(member, line);', by: 'send(member, line);' }],
  },
  {
    name: 'takes-every-piece-for-a-line',
    fails: 'pieces',
    patch: [
      {
        replace: 'const line = takeLine(bev);',
        by: `
          let line = takeLine(bev);
          if (line === null && bev.getInput().getLength() > 0) {
            line = Buffer.from(bev.getInput().pullup(-1) ?? []).toString('latin1');
            bev.getInput().drain(-1);
          }
        `,
      },
    ],
  },
  {
    name: 'takes-one-line-at-a-time',
    fails: 'at-once',
    patch: [{ replace: 'while (client.isHere) {', by: 'if (client.isHere) {' }],
  },
  {
    name: 'tells-those-without-a-name',
    fails: 'nameless',
    patch: [
      {
        replace: 'const members = new Map<string, Client>();',
        by: 'const members = new Map<string, Client>();\nconst all = new Set<Client>();',
      },
      {
        replace: 'for (const member of members.values()) {',
        by: 'for (const member of all) {',
      },
      {
        replace: 'const client = new Client(bev);',
        by: 'const client = new Client(bev);\nall.add(client);',
      },
      { replace: 'client.isHere = false;', by: 'client.isHere = false;\nall.delete(client);' },
    ],
  },
  {
    name: 'tells-that-somebody-without-a-name-has-left',
    fails: 'nameless',
    patch: [{ replace: 'if (client.name === null) return;', by: `client.name ??= '';` }],
  },
  {
    name: 'keeps-the-name-of-who-has-left',
    fails: 'leaves',
    patch: [{ replace: 'members.delete(client.name);', by: '' }],
  },
  {
    name: 'does-not-notice-a-reset',
    fails: 'leaves',
    patch: [
      {
        replace: 'if ((events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) === 0) return;',
        by: 'if ((events & BEV_EVENT_EOF) === 0) return;',
      },
    ],
  },
  {
    name: 'waits-for-who-does-not-read',
    fails: 'slow',
    patch: [
      {
        replace: 'if (client.bev.getOutput().getLength() <= MOST_WAITING) return;',
        by: `
          if (client.bev.getOutput().getLength() <= MOST_WAITING / 2) return;
          for (const member of members.values()) member.bev.disable(EV_READ);
          return;
        `,
      },
    ],
  },
  {
    name: 'drops-what-is-not-taken-at-once',
    fails: 'slow',
    patch: [
      {
        replace: 'sendLine(client.bev, line);',
        by: 'if (client.bev.getOutput().getLength() < 64 * 1024) sendLine(client.bev, line);',
      },
    ],
  },
  {
    name: 'keeps-everything',
    fails: 'drops',
    patch: [
      {
        replace: 'if (client.bev.getOutput().getLength() <= MOST_WAITING) return;',
        by: 'if (client.bev.getOutput().getLength() >= 0) return;',
      },
    ],
  },
  {
    name: 'forgets-those-without-a-name',
    fails: 'drops',
    patch: [
      {
        replace: 'if (client.bev.getOutput().getLength() <= MOST_WAITING) return;',
        by: 'if (client.bev.getOutput().getLength() <= MOST_WAITING || client.name === null) return;',
      },
    ],
  },
  {
    name: 'goes-on-with-who-is-gone',
    fails: 'drops',
    patch: [{ replace: 'while (client.isHere) {', by: 'for (;;) {' }],
  },
] satisfies WrongAnswer[];
