/**
 * The ROT13 servers against what the book's C programs answered, byte for byte: `transcripts.json`, of
 * which record.ts tells how it came about. Where design.md says that the book is wrong, the recorded
 * answer must be another one than ours, or the exception would be for nothing.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { BUGS, KINDS, PROGRAMS, answerTo, makeScript, read, transcriptsSchema } from './scripts.ts';
import type { Program, Transcript } from './scripts.ts';
import { NAMES, Received, RunningServer, breaksLongLines } from './servers.ts';
import type { ServerName } from './servers.ts';
import { LIMIT } from '../patience.ts';

/** Which of the book's programs each of ours answers to. The book has no version with threads. */
const MODEL: Readonly<Record<ServerName, Program>> = {
  'rot13-fork': 'fork',
  'rot13-threads': 'fork',
  'rot13-select': 'select',
  'rot13-event': 'libevent',
  'rot13-bufferevent': 'bufferevent',
};

const json: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, 'transcripts.json'), 'utf8'),
);
const transcripts = transcriptsSchema.parse(json);

type RecordedClient = Transcript['clients'][number];

function sentBy({ chunks }: RecordedClient): Buffer {
  return Buffer.concat(chunks.map(read));
}

function recorded({ answers }: RecordedClient, program: Program): Buffer {
  return read(answers[program] ?? answers.bufferevent);
}

/** Plays a transcript with all of its clients at once: what each of them got. */
async function play({ clients, turns }: Transcript, port: number): Promise<Buffer[]> {
  const sockets = clients.map(() => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    return { socket: socket.setNoDelay(true), received: new Received(socket), sent: 0 };
  });
  for (const client of turns) {
    const connection = sockets[client];
    const chunks = clients[client]?.chunks ?? [];
    assert.ok(connection);
    const chunk = chunks[connection.sent++];
    assert.ok(chunk);
    // Written and on its way before the next client has its turn.
    await new Promise((resolve) => connection.socket.write(read(chunk), resolve));
    if (connection.sent === chunks.length) connection.socket.end();
  }
  return Promise.all(
    sockets.map(async ({ socket, received }) => {
      const all = await received.all();
      socket.destroy();
      return all;
    }),
  );
}

test('the transcripts are of the scripts that their seeds make', () => {
  for (const kind of KINDS) {
    for (const [index, transcript] of transcripts.filter((each) => each.kind === kind).entries()) {
      const script = makeScript(kind, index + 1);
      assert.deepEqual(transcript.turns, script.turns);
      assert.deepEqual(
        transcript.clients.map(({ chunks }) => chunks.map(read)),
        script.clients.map(({ chunks }) => chunks),
      );
    }
  }
});

test('the book’s programs answer as design.md says, but for the bugs that it names', () => {
  for (const program of PROGRAMS) {
    for (const kind of KINDS) {
      const clients = transcripts
        .filter((transcript) => transcript.kind === kind)
        .flatMap((transcript) => transcript.clients);
      const different = clients.filter(
        (client) =>
          !recorded(client, program).equals(answerTo(sentBy(client), program === 'bufferevent')),
      );
      const bug = BUGS[program][kind];
      if (bug === undefined) assert.equal(different.length, 0, `${program} on ${kind}`);
      else assert.ok(different.length > 0, `${program} on ${kind} has no such bug: ${bug}`);
    }
  }
});

suite('the same bytes as the book’s programs', { concurrency: 1 }, () => {
  for (const name of NAMES) {
    test(name, LIMIT, async () => {
      await using server = await RunningServer.start(name);
      for (const [index, transcript] of transcripts.entries()) {
        const answers = await play(transcript, server.port);
        for (const [client, answer] of answers.entries()) {
          const script = transcript.clients[client];
          assert.ok(script);
          const isBug = BUGS[MODEL[name]][transcript.kind] !== undefined;
          const expected = isBug
            ? answerTo(sentBy(script), breaksLongLines(name))
            : recorded(script, MODEL[name]);
          assert.ok(
            answer.equals(expected),
            `transcript ${index}, ${transcript.kind}, client ${client}: ${answer.length} bytes for ${expected.length}`,
          );
        }
      }
    });
  }
});
