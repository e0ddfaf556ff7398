/** Runs the three programs that read from two sockets: in which order is who answered? */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONTENT } from '../../project.ts';
import { freePort } from '../../testing/port.ts';
import { Program, type Exit } from '../../testing/program.ts';

const BLOCKING = 'blocking/two-sockets-blocking';
const OTHERS = ['nonblocking/two-sockets-nonblocking', 'select/two-sockets-select'];

/** Long enough to see that nothing comes, in milliseconds. */
const SILENCE = 300;

class Client {
  readonly socket: Socket;
  #received = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8').on('data', (piece: string) => (this.#received += piece));
  }

  get received(): string {
    return this.#received;
  }

  types(text: string): void {
    this.socket.write(text);
  }

  /** Waits until exactly this has been received in all. */
  async has(text: string): Promise<void> {
    while (this.#received.length < text.length) await once(this.socket, 'data');
    assert.equal(this.#received, text);
  }

  async ends(): Promise<void> {
    this.socket.end();
    if (!this.socket.closed) await once(this.socket, 'close');
  }
}

/** A program with alice and bob connected, in this order. */
class Conversation implements AsyncDisposable {
  readonly alice: Client;
  readonly bob: Client;
  readonly port: number;
  readonly program: Program;

  private constructor(program: Program, port: number, clients: readonly [Client, Client]) {
    this.program = program;
    this.port = port;
    [this.alice, this.bob] = clients;
  }

  static async begin(lab: string, flags: readonly string[] = []): Promise<Conversation> {
    const port = await freePort();
    const file = join(CONTENT, lab, 'server.ts');
    const program = Program.start([process.execPath, ...flags, file, String(port)]);
    const joins = async (name: string): Promise<Client> => {
      const socket = connect(port, '127.0.0.1');
      await program.prints(`: ${name}\n`);
      return new Client(socket);
    };
    await program.prints(`Listening on port ${port}\n`);
    const clients = [await joins('alice'), await joins('bob')] as const;
    return new Conversation(program, port, clients);
  }

  /** Waits until a further connection is refused: until the program has closed its listener. */
  async refuses(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    connect(this.port, '127.0.0.1').on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
    // One that was queued when the listener was closed is reset.
    if ((await promise) !== 'ECONNREFUSED') await this.refuses();
  }

  exit(): Promise<Exit> {
    return this.program.exit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.alice.socket.destroy();
    this.bob.socket.destroy();
    await this.program[Symbol.asyncDispose]();
  }
}

suite('blocking', () => {
  test('bob is answered only after alice, and then alice only after bob', async () => {
    await using conversation = await Conversation.begin(BLOCKING);
    const { alice, bob } = conversation;
    bob.types('first\n');
    await sleep(SILENCE);
    assert.equal(bob.received, '');
    alice.types('second\n');
    await alice.has('You said: second\n');
    await bob.has('You said: first\n');

    alice.types('third\n');
    await alice.has('You said: second\nYou said: third\n');
    alice.types('fourth\n');
    await sleep(SILENCE);
    assert.equal(alice.received, 'You said: second\nYou said: third\n');
    bob.types('fifth\n');
    await bob.has('You said: first\nYou said: fifth\n');
    await alice.has('You said: second\nYou said: third\nYou said: fourth\n');
  });

  test('with one connection left every line is answered', async () => {
    await using conversation = await Conversation.begin(BLOCKING);
    const { alice, bob } = conversation;
    await alice.ends();
    bob.types('one\n');
    await bob.has('You said: one\n');
    bob.types('two\n');
    await bob.has('You said: one\nYou said: two\n');
  });
});

for (const lab of OTHERS) {
  suite(lab, () => {
    test('whoever speaks is answered, in any order', async () => {
      await using conversation = await Conversation.begin(lab);
      const { alice, bob } = conversation;
      bob.types('one\n');
      await bob.has('You said: one\n');
      bob.types('two\n');
      await bob.has('You said: one\nYou said: two\n');
      alice.types('three\n');
      await alice.has('You said: three\n');
      await alice.ends();
      bob.types('four\n');
      await bob.has('You said: one\nYou said: two\nYou said: four\n');
    });
  });
}

for (const lab of [BLOCKING, ...OTHERS]) {
  suite(`${lab}, whoever comes and goes`, () => {
    test('a third client is refused, and the program ends when both are gone', async () => {
      await using conversation = await Conversation.begin(lab);
      await conversation.refuses();
      await conversation.alice.ends();
      await conversation.bob.ends();
      assert.equal(await conversation.exit(), 0);
    });

    test('a reset ends one connection and not the other', async () => {
      await using conversation = await Conversation.begin(lab);
      conversation.alice.socket.resetAndDestroy();
      conversation.bob.types('still here\n');
      await conversation.bob.has('You said: still here\n');
      await conversation.program.prints('alice: Connection reset by peer.');
    });
  });
}

test('select goes on after a signal', async () => {
  // A program that handles no signal never sees EINTR. With a terminal, Node handles SIGWINCH.
  const handler = 'data:text/javascript,process.on("SIGWINCH",()=>{})';
  await using conversation = await Conversation.begin('select/two-sockets-select', [
    '--import',
    handler,
  ]);
  const { bob, program } = conversation;
  const rounds = (): number => program.printed.split('blocked').length;
  // It may come just before select(), and then it interrupts nothing.
  const before = rounds();
  while (rounds() <= before + 1) {
    assert.ok(program.runs);
    program.signal('SIGWINCH');
    await sleep(20);
  }
  bob.types('still here\n');
  await bob.has('You said: still here\n');
});
