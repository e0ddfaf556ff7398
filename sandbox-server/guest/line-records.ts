/** Which lines a client tells of: pieces with the end of a line in them, and of a flood only their sums. */
import type { ClientLineRecord } from '../../protocol/client-feed.ts';

type Way = ClientLineRecord['way'];

const NEWLINE = 0x0a;
/** Milliseconds between two records of a way, when there are many: fifty a second are more than can be seen. */
const INTERVAL = 20;

/** What a client has sent and received since it told of that. */
export class LineRecords {
  readonly #tell: (way: Way, bytes: number, time: number) => void;
  readonly #ways = { sent: new Sum(), received: new Sum() };

  /** @param tell writes a record, with a time in milliseconds since 1970 */
  constructor(tell: (way: Way, bytes: number, time: number) => void) {
    this.#tell = tell;
  }

  /** Takes a piece, at a time in milliseconds since 1970. A line that is not at its end is told of with its end. */
  take(way: Way, piece: Uint8Array, now: number): void {
    const sum = this.#ways[way];
    sum.bytes += piece.length;
    if (!piece.includes(NEWLINE)) return;
    sum.endedAt = now;
    if (sum.timer) return;
    const wait = sum.toldAt + INTERVAL - now;
    if (wait <= 0) this.#tellOf(way, sum);
    else sum.timer = setTimeout(() => this.#tellOf(way, sum), Math.min(wait, INTERVAL));
  }

  /** Tells of all that ended a line: nothing more comes. */
  end(): void {
    for (const way of ['sent', 'received'] as const) this.#tellOf(way, this.#ways[way]);
  }

  #tellOf(way: Way, sum: Sum): void {
    clearTimeout(sum.timer);
    sum.timer = undefined;
    if (sum.endedAt === undefined) return;
    this.#tell(way, sum.bytes, sum.endedAt);
    sum.toldAt = sum.endedAt;
    sum.bytes = 0;
    sum.endedAt = undefined;
  }
}

class Sum {
  bytes = 0;
  /** When the last line ended that is not told of. */
  endedAt: number | undefined;
  toldAt = -Infinity;
  timer: NodeJS.Timeout | undefined;
}
