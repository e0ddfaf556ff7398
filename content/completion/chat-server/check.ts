/** Checks a chat by what each of its clients gets, in ten points. */
import type { Check, Kit, Peer, Stage, Step } from '../../../sandbox-server/guest/check/kit.ts';

/** A line that is long, and many of them: with its name before each, less than may wait for one client. */
const LONG = `${'b'.repeat(999)}\n`;
const MUCH = LONG.repeat(300);
/** Sent again and again to somebody who doesn’t read: each time less than may wait. */
const PORTION = { lines: 250, most: 48 };
/** Its answers are far more than may wait, and than the kernel keeps: tcp(7), tcp_wmem. */
const NO_NAMES = '\n'.repeat(600_000);
/** Those who come when all others have done their steps. */
const [TALKS, LISTENS, READS_NOTHING, HAS_NO_NAME] = [4, 5, 6, 7];

type Why =
  | 'asks'
  | 'refuses'
  | 'comes'
  | 'lines'
  | 'pieces'
  | 'at-once'
  | 'nameless'
  | 'leaves'
  | 'slow'
  | 'drops';

/** Something that somebody must get, and the expectation that is not met without it. */
interface Due {
  readonly text: string;
  readonly why: Why;
}

/** What a chat knows of a client. */
interface Client {
  readonly peer: Peer;
  readonly due: Due[];
  name: string | undefined;
  /** The beginning of a line that has no end yet. */
  begun: string;
  here: boolean;
}

/** What a chat does. */
class Chat {
  readonly #clients = new Map<Peer, Client>();

  get clients(): Client[] {
    return [...this.#clients.values()];
  }

  connects(peer: Peer): void {
    const client: Client = { peer, due: [], name: undefined, begun: '', here: true };
    this.#clients.set(peer, client);
    this.#owe(client, 'Your name?', 'asks');
  }

  /** @param because what decides it if something of this does not arrive; else how it came does */
  sends(peer: Peer, text: string, because?: Why): void {
    const client = this.#clients.get(peer);
    if (!client) return;
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    for (const [at, line] of lines.entries()) {
      const how = because ?? (at > 0 ? 'at-once' : client.begun === '' ? undefined : 'pieces');
      this.#hear(client, client.begun + line, how);
      client.begun = '';
    }
    client.begun += rest;
  }

  leaves(peer: Peer): void {
    const client = this.#clients.get(peer);
    if (!client) return;
    client.here = false;
    if (client.name !== undefined) this.#tellOthers(client, `* ${client.name} has left.`, 'leaves');
  }

  has(name: string): boolean {
    return this.clients.some((client) => client.here && client.name === name);
  }

  isNamed(peer: Peer): boolean {
    return this.#clients.get(peer)?.name !== undefined;
  }

  due(peer: Peer): string {
    return (this.#clients.get(peer)?.due ?? []).map(({ text }) => text).join('');
  }

  /**
   * Which expectation is not met by what a peer has got.
   * @param by who did the last step
   */
  reason(peer: Peer, by: Peer): Why {
    const client = this.#clients.get(peer);
    let rest = peer.received;
    for (const { text, why } of client?.due ?? []) {
      if (!rest.startsWith(text)) return this.#reasonOfMore(client, rest, by) ?? why;
      rest = rest.slice(text.length);
    }
    return this.#reasonOfMore(client, rest, by) ?? this.#reasonOfLast(by);
  }

  /** Which expectation it is if somebody got what nobody may have. */
  #reasonOfMore(client: Client | undefined, rest: string, by: Peer): Why | undefined {
    const isOfChat = rest.startsWith('* ') || /^[^\n]*: /.test(rest);
    if (!client || !isOfChat) return undefined;
    if (client.name === undefined) return 'nameless';
    if (rest.startsWith(`${client.name}: `) && by === client.peer) return 'lines';
    return undefined;
  }

  /** Which expectation it is if somebody got more than was due. */
  #reasonOfLast(by: Peer): Why {
    const client = this.#clients.get(by);
    if (client?.name === undefined) return 'nameless';
    if (!client.here) return 'leaves';
    return client.begun === '' ? 'lines' : 'pieces';
  }

  #hear(client: Client, line: string, how: Why | undefined): void {
    if (client.name !== undefined) {
      this.#tellOthers(client, `${client.name}: ${line}`, how ?? 'lines');
    } else if (line === '' || this.has(line)) {
      this.#owe(client, 'Another name, please.', how ?? 'refuses');
    } else {
      client.name = line;
      this.#owe(client, `Welcome, ${line}.`, how ?? 'asks');
      this.#tellOthers(client, `* ${line} has come.`, how ?? 'comes');
    }
  }

  #tellOthers(client: Client, line: string, why: Why): void {
    for (const other of this.clients) {
      if (other !== client && other.here && other.name !== undefined) this.#owe(other, line, why);
    }
  }

  #owe({ peer, due }: Client, line: string, why: Why): void {
    due.push({ text: `${line}\n`, why: peer.reading ? why : 'slow' });
  }
}

export default function check({ Unmet, fc, pieces, visits }: Kit): Check {
  /** Waits until the program has no more connections than there may be. */
  async function keepsOnly(stage: Stage, count: number, why: Why): Promise<void> {
    await stage.must(
      why,
      `the server has closed every connection but ${count}`,
      () => !stage.program.over && (stage.program.newSockets ?? 0) <= count,
      () => `it still has ${stage.program.newSockets ?? 0}`,
    );
  }

  /** Everybody who reads has got what is due to them, and nothing else. */
  async function allIsDone(stage: Stage, chat: Chat, by: Peer): Promise<void> {
    for (const { peer } of chat.clients) {
      if (peer.left || !peer.reading) continue;
      await stage.receives(() => chat.reason(peer, by), peer, chat.due(peer));
      if (peer.halfClosed) await stage.ends('leaves', peer);
    }
  }

  async function follow(stage: Stage, chat: Chat, step: Step): Promise<void> {
    const before = stage.peer(step.peer);
    // Its first line would be its name.
    if (step.does === 'asks for much' && !(before && chat.isNamed(before))) return;
    const peer = await stage.act(step);
    if (!peer) return;
    if (step.does === 'connects') chat.connects(peer);
    if (step.does === 'asks for much') chat.sends(peer, MUCH, 'slow');
    if (step.does === 'sends' || step.does === 'sends last') chat.sends(peer, step.text);
    const leaves = ['sends last', 'half-closes', 'resets'].includes(step.does);
    if (leaves) chat.leaves(peer);
    // Or pieces of a line would come to the server as one, and those of two clients in any order.
    if (!peer.left) await stage.isHeard(peer);
    await allIsDone(stage, chat, peer);
    if (!leaves) return;
    // Whoever doesn’t read may be sent the rest later.
    const open = chat.clients.filter(
      ({ here, peer: each }) => here || (!each.reading && !each.left),
    );
    await keepsOnly(stage, open.length, 'leaves');
    // Nobody sees when the server has heard of its end.
    if (!peer.reading && !peer.left) await stage.settle();
  }

  async function everybodyLeaves(stage: Stage): Promise<void> {
    for (const peer of stage.peers) peer.leave();
    stage.tell('Everybody leaves.');
    await keepsOnly(stage, 0, 'leaves');
  }

  async function connects(stage: Stage, who: number): Promise<Peer> {
    const peer = await stage.act({ does: 'connects', peer: who });
    if (peer?.connected === true) return peer;
    throw new Unmet('asks', 'a client can connect', 'it can’t');
  }

  /** Somebody connects, and has a name. */
  async function comes(stage: Stage, chat: Chat, who: number, name: string): Promise<Peer> {
    const peer = await connects(stage, who);
    chat.connects(peer);
    await follow(stage, chat, { does: 'sends', peer: who, text: `${name}\n` });
    return peer;
  }

  /** One talks, one listens, and one doesn’t read: only that one is dropped. */
  async function deafIsDropped(stage: Stage): Promise<void> {
    const chat = new Chat();
    const talker = await comes(stage, chat, TALKS, 'talker');
    const listener = await comes(stage, chat, LISTENS, 'listener');
    const deaf = await comes(stage, chat, READS_NOTHING, 'deaf');
    await stage.act({ does: 'stops reading', peer: READS_NOTHING });
    const left = '* deaf has left.\n';
    const begin = chat.due(listener);
    const said = `talker: ${LONG}`.repeat(PORTION.lines);
    stage.tell(
      `${talker.name} sends ${PORTION.lines} lines of ${LONG.length} bytes, up to ${PORTION.most} times.`,
    );
    let portions = 0;
    const isDropped = (): boolean => talker.received.endsWith(left);
    while (portions < PORTION.most && !isDropped()) {
      talker.send(LONG.repeat(PORTION.lines));
      const length = begin.length + ++portions * said.length;
      await stage.must(
        'slow',
        `${listener.name} receives all lines`,
        () => listener.receivedLength >= length,
        () => `only ${listener.receivedLength} of ${length} bytes came`,
      );
    }
    await stage.receives('drops', talker, chat.due(talker) + left);
    await keepsOnly(stage, 2, 'drops');
    const all = begin + said.repeat(portions);
    await stage.must(
      'drops',
      `${listener.name} is told that ${deaf.name} has left`,
      () => listener.receivedLength >= all.length + left.length,
      () => 'nothing more came',
    );
    const at = listener.received.indexOf(left, begin.length);
    const others = listener.received.slice(0, at) + listener.received.slice(at + left.length);
    if (at < 0 || others !== all) {
      throw new Unmet(
        'slow',
        `${listener.name} receives all lines, and once that ${deaf.name} has left`,
        'something else came',
      );
    }
    const nameless = await connects(stage, HAS_NO_NAME);
    await stage.act({ does: 'stops reading', peer: HAS_NO_NAME });
    stage.tell(`${nameless.name} sends ${NO_NAMES.length.toLocaleString('en-US')} empty lines.`);
    nameless.send(NO_NAMES);
    await keepsOnly(stage, 2, 'drops');
    // A server that trips over somebody who is gone may take a moment to end.
    await stage.act({ does: 'sends', peer: TALKS, text: 'hi\n' });
    const more = listener.receivedLength + 'talker: hi\n'.length;
    await stage.must(
      'drops',
      `${listener.name} still receives what ${talker.name} sends`,
      () => listener.receivedLength >= more,
      () => 'nothing more came',
    );
  }

  return {
    expectations: {
      asks: 'a client is asked for its name, and welcomed by it',
      refuses: 'a name that is empty or taken is refused, and asked for again',
      comes: 'everybody else with a name is told who has come',
      lines: 'a line goes to everybody else with a name, after its sender’s, and not to its sender',
      pieces: 'a line that comes in pieces goes out once, when it is whole',
      'at-once': 'lines that come together all count, in order',
      nameless: 'a client without a name gets and sends nothing of the chat',
      leaves: 'when somebody leaves, the others are told, and the name and connection are free',
      slow: 'while up to 1 MB waits for a client, nothing is lost and nobody else has to wait',
      drops: 'a client that doesn’t read is dropped when more than 1 MB waits for it',
    },
    much: MUCH,
    steps: visits({
      peers: 4,
      texts: fc.oneof(
        { weight: 2, arbitrary: pieces() },
        {
          weight: 4,
          arbitrary: fc.constantFrom(
            ...[
              'ann\n',
              'bob\n',
              'cy\n',
              'ann\nhi\nho\n',
              'hi\n',
              'h',
              'i\n',
              'hi\nho\nha\n',
              '\n',
            ],
          ),
        },
      ),
      deeds: ['half-closes', 'resets', 'stops reading', 'reads again', 'asks for much'],
    }),
    examples: [
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ann\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ann\n' },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 1, text: 'ann\n' },
        { does: 'sends', peer: 1, text: '\n' },
        { does: 'sends', peer: 1, text: 'bob\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ann\n' },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 1, text: 'bob\n' },
        { does: 'sends', peer: 0, text: 'hi\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ann\n' },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 1, text: 'bob\n' },
        { does: 'sends', peer: 0, text: 'h' },
        { does: 'sends', peer: 0, text: 'i\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ann\n' },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 1, text: 'bob\n' },
        { does: 'sends', peer: 0, text: 'hi\nho\nha\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ann\n' },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 0, text: 'hi\n' },
        { does: 'half-closes', peer: 1 },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ann\n' },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 1, text: 'bob\n' },
        { does: 'half-closes', peer: 0 },
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ann\n' },
        { does: 'resets', peer: 0 },
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ann\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ann\n' },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 1, text: 'bob\n' },
        { does: 'connects', peer: 2 },
        { does: 'sends', peer: 2, text: 'cy\n' },
        { does: 'stops reading', peer: 2 },
        { does: 'asks for much', peer: 0 },
        { does: 'asks for much', peer: 0 },
        { does: 'sends', peer: 0, text: 'hi\n' },
        { does: 'reads again', peer: 2 },
      ],
    ],
    async play(stage, steps) {
      const chat = new Chat();
      for (const step of steps) await follow(stage, chat, step);
      // Something that must not come may come late.
      await stage.settle();
      const last = stage.peers.at(-1);
      if (last) await allIsDone(stage, chat, last);
      await everybodyLeaves(stage);
      // It takes time, and says nothing of what the others do.
      if (!steps.some(({ does }) => does === 'stops reading')) return;
      await deafIsDropped(stage);
      await everybodyLeaves(stage);
    },
  };
}
