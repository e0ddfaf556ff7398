/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const AT_FIRST = `
  const connection = new Connection(base, fd);
  connection.readEvent.add(LIMIT);
`;
const AFTER_AN_ANSWER = `
  connection.writeEvent.del();
  connection.readEvent.add(LIMIT);
`;
const NOTHING_SENT = `
  if (events & EV_TIMEOUT) {
    hangUp(connection, 'sends nothing');
    return;
  }
`;

const ANSWER = `
  connection.answer = Buffer.from(buffer.subarray(0, n).map(rot13Char));
  connection.sent = 0;
  connection.readEvent.del();
  connection.writeEvent.add(LIMIT);
`;

export default [
  {
    name: 'answers-nobody',
    fails: 'answers',
    patch: [{ replace: ANSWER, by: '' }],
  },
  {
    name: 'counts-milliseconds',
    fails: 'never-spoke',
    patch: [{ replace: 'const LIMIT = 1;', by: 'const LIMIT = 1000;' }],
  },
  {
    name: 'does-not-ask-why-it-is-called',
    fails: 'never-spoke',
    patch: [{ replace: NOTHING_SENT, by: '' }],
  },
  {
    name: 'waits-for-the-first-byte',
    fails: 'never-spoke',
    patch: [
      {
        replace: AT_FIRST,
        by: 'const connection = new Connection(base, fd);\nconnection.readEvent.add();',
      },
    ],
  },
  {
    name: 'forgets-the-limit-after-an-answer',
    fails: 'spoke-once',
    patch: [
      {
        replace: AFTER_AN_ANSWER,
        by: 'connection.writeEvent.del();\nconnection.readEvent.add();',
      },
    ],
  },
  {
    name: 'has-a-limit-for-reading-only',
    fails: 'reads-nothing',
    patch: [{ replace: 'connection.writeEvent.add(LIMIT);', by: 'connection.writeEvent.add();' }],
  },
  {
    name: 'counts-from-the-beginning',
    fails: 'talkers-stay',
    patch: [
      { replace: 'answer = Buffer.alloc(0);', by: 'answer = Buffer.alloc(0);\nisGone = false;' },
      {
        replace: AT_FIRST,
        by: `const connection = new Connection(base, fd);
          connection.readEvent.add();
          base.once(-1, EV_TIMEOUT, () => connection.isGone || hangUp(connection, 'sends nothing'), null, LIMIT);`,
      },
      {
        replace: AFTER_AN_ANSWER,
        by: 'connection.writeEvent.del();\nconnection.readEvent.add();',
      },
      {
        replace:
          'function hangUp({ fd, readEvent, writeEvent }: Connection, reason: string): void {',
        by: `function hangUp(connection: Connection, reason: string): void {
          const { fd, readEvent, writeEvent } = connection;
          connection.isGone = true;`,
      },
    ],
  },
  {
    name: 'looks-once-a-second',
    fails: 'not-early',
    patch: [
      {
        replace: 'const LIMIT = 1;',
        by: `const LIMIT = 1;
          const all = new Set<Connection>();
          const silent = new Set<Connection>();
          let looks: Event<null> | undefined;
          function look(): void {
            for (const connection of silent) hangUp(connection, 'sends nothing');
            for (const connection of all) silent.add(connection);
          }`,
      },
      {
        replace: AT_FIRST,
        by: `const connection = new Connection(base, fd);
          connection.readEvent.add();
          all.add(connection);
          silent.add(connection);
          looks ??= new Event(base, -1, EV_PERSIST, look, null);
          if (looks.pending(EV_TIMEOUT) === 0) looks.add(LIMIT);`,
      },
      {
        replace: AFTER_AN_ANSWER,
        by: 'connection.writeEvent.del();\nconnection.readEvent.add();',
      },
      {
        replace: 'connection.sent = 0;',
        by: 'connection.sent = 0;\nsilent.delete(connection);',
      },
      {
        replace:
          'function hangUp({ fd, readEvent, writeEvent }: Connection, reason: string): void {',
        by: `function hangUp(connection: Connection, reason: string): void {
          const { fd, readEvent, writeEvent } = connection;
          all.delete(connection);
          silent.delete(connection);`,
      },
    ],
  },
  {
    name: 'has-one-limit-for-all',
    fails: 'never-spoke',
    patch: [
      {
        replace: 'const LIMIT = 1;',
        by: `const LIMIT = 1;
          const all = new Set<Connection>();
          let limit: Event<null> | undefined;`,
      },
      {
        replace: AT_FIRST,
        by: `const connection = new Connection(base, fd);
          connection.readEvent.add();
          all.add(connection);
          limit ??= new Event(base, -1, 0, () => {
            for (const each of all) hangUp(each, 'sends nothing');
          }, null);
          limit.add(LIMIT);`,
      },
      {
        replace: AFTER_AN_ANSWER,
        by: 'connection.writeEvent.del();\nconnection.readEvent.add();',
      },
      { replace: 'connection.sent = 0;', by: 'connection.sent = 0;\nlimit?.add(LIMIT);' },
      {
        replace:
          'function hangUp({ fd, readEvent, writeEvent }: Connection, reason: string): void {',
        by: `function hangUp(connection: Connection, reason: string): void {
          const { fd, readEvent, writeEvent } = connection;
          all.delete(connection);`,
      },
    ],
  },
] satisfies WrongAnswer[];
