import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EvbufferEolStyle } from '../buffer/eol.ts';
import {
  EVBUF_FS_CLOSE_ON_FREE,
  EVBUF_FS_DISABLE_MMAP,
  EVBUF_FS_DISABLE_SENDFILE,
  EvbufferFileSegment,
} from '../buffer/file_segment.ts';
import { EvbufferPtr } from '../buffer/ptr.ts';
import { EAGAIN, errno } from '../sys/errno.ts';
import { Modelled } from './evbuffer_model.ts';
import { Pair } from './sockets.ts';
import { TemporaryFile } from './temporary_file.ts';

const STYLES: readonly EvbufferEolStyle[] = [0, 1, 2, 3, 4];
/** Few different bytes, so that searches find something, and what ends lines among them. */
const bytes = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.string({ unit: fc.constantFrom('a', 'a', 'b', '\r', '\n', '\0'), maxLength: 12 }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n'), minLength: 1 }), fc.nat(9000))
      .map(([text, size]) => text.repeat(Math.ceil(size / text.length)).slice(0, size)),
  },
);
const data = bytes.map((text) => Buffer.from(text, 'latin1'));
const count = fc.oneof(fc.nat(20), fc.nat(9000));
const style = fc.constantFrom(...STYLES);

const FILE = Buffer.from('file\r\nfile\n'.repeat(2000));

/** What all operations of one run work on. */
export class World implements Disposable {
  /** Three of them: enough for bytes to go round and come back. */
  readonly buffers = [new Modelled(), new Modelled(), new Modelled()];
  readonly pair = new Pair();
  readonly file = new TemporaryFile(FILE);
  readonly segments: EvbufferFileSegment[];
  /** Bytes that are on their way through the sockets. */
  onTheWay = Buffer.alloc(0);
  references = 0;
  cleanups = 0;
  cleanedSegments = 0;

  constructor() {
    const flags = [0, EVBUF_FS_DISABLE_SENDFILE, EVBUF_FS_DISABLE_MMAP | EVBUF_FS_DISABLE_SENDFILE];
    this.segments = flags.map((each) => {
      const fd = this.file.open();
      const segment = new EvbufferFileSegment(fd, 5, -1, each | EVBUF_FS_CLOSE_ON_FREE);
      segment.addCleanupCb(() => this.cleanedSegments++, null);
      return segment;
    });
  }

  [Symbol.dispose](): void {
    for (const segment of this.segments) segment.free();
    for (const buffer of this.buffers) buffer[Symbol.dispose]();
    assert.equal(this.cleanups, this.references);
    assert.equal(this.cleanedSegments, this.segments.length);
    this.pair[Symbol.dispose]();
    this.file[Symbol.dispose]();
  }
}

/** Does something to a buffer, with another maybe, and to what they must be. */
export type Operation = (world: World, a: Modelled, b: Modelled) => void;

/** An operation with what it is to be called in a report. */
function named(name: string, args: unknown[], run: Operation): Operation & { toString(): string } {
  return Object.assign(run, { toString: () => `${name}(${JSON.stringify(args)})` });
}

/** Every operation there is, with any arguments. */
export const operations: fc.Arbitrary<Operation>[] = [
  fc.constant(named('look', [], (_world, a) => a.check())),
  data.map((d) =>
    named('add', [d.length], (_world, a) => {
      assert.equal(a.real.add(d), a.endFrozen ? -1 : 0);
      if (!a.endFrozen) a.append(d);
    }),
  ),
  bytes.map((text) =>
    named('add string', [text], (_world, a) => {
      assert.equal(a.real.add(`${text}é`), a.endFrozen ? -1 : 0);
      if (!a.endFrozen) a.append(Buffer.from(`${text}é`));
    }),
  ),
  data.map((d) =>
    named('prepend', [d.length], (_world, a) => {
      const fails = a.frontFrozen && d.length > 0;
      assert.equal(a.real.prepend(d), fails ? -1 : 0);
      if (!fails) a.prepend(d);
    }),
  ),
  fc.array(data, { maxLength: 4 }).map((pieces) =>
    named('addIovec', [pieces.length], (_world, a) => {
      const whole = Buffer.concat(pieces);
      assert.equal(a.real.addIovec(pieces), a.endFrozen ? 0 : whole.length);
      if (!a.endFrozen) a.append(whole);
    }),
  ),
  data.map((d) =>
    named('addReference', [d.length], (world, a) => {
      const result = a.real.addReference(d, (_data, _length, w) => w.cleanups++, world);
      assert.equal(result, a.endFrozen ? -1 : 0);
      if (a.endFrozen) return;
      world.references++;
      a.append(d);
    }),
  ),
  fc.tuple(fc.nat(2), count, count).map(([which, offset, length]) =>
    named('addFileSegment', [which, offset, length], (world, a) => {
      const segment = world.segments[which];
      assert.ok(segment !== undefined);
      const fails = a.endFrozen || offset + length > FILE.length - 5;
      assert.equal(a.real.addFileSegment(segment, offset, length), fails ? -1 : 0);
      if (fails || length === 0) return;
      a.append(FILE.subarray(5 + offset, 5 + offset + length));
      a.isTainted = true;
    }),
  ),
  count.map((n) =>
    named('remove', [n], (_world, a) => {
      const into = Buffer.alloc(n);
      const result = a.real.remove(into);
      if (a.frontFrozen && n > 0 && a.bytes.length > 0) assert.equal(result, -1);
      else assert.ok(into.subarray(0, result).equals(a.take(n)));
    }),
  ),
  fc.oneof(fc.constant(-1), count).map((n) =>
    named('drain', [n], (_world, a) => {
      const fails = a.frontFrozen && a.bytes.length > 0;
      assert.equal(a.real.drain(n), fails ? -1 : 0);
      if (!fails) a.take(n < 0 ? a.bytes.length : n);
    }),
  ),
  fc.tuple(count, count).map(([from, n]) =>
    named('copyoutFrom', [from, n], (_world, a) => {
      const into = Buffer.alloc(n);
      const result = a.real.copyoutFrom(new EvbufferPtr(from), into);
      const wants = n > 0 && from < a.bytes.length;
      if ((a.frontFrozen && wants) || from > a.bytes.length) assert.equal(result, -1);
      else assert.ok(into.subarray(0, result).equals(a.bytes.subarray(from, from + n)));
    }),
  ),
  fc.oneof(fc.constant(-1), count).map((n) =>
    named('pullup', [n], (_world, a) => {
      const size = n < 0 ? a.bytes.length : n;
      const shown = a.real.pullup(n);
      if (size === 0 || size > a.bytes.length) assert.equal(shown, null);
      else assert.ok(shown?.equals(a.bytes.subarray(0, size)));
    }),
  ),
  fc.tuple(count, count, fc.nat(5)).map(([n, from, most]) =>
    named('peek', [n, from, most], (_world, a) => {
      const pieces: Uint8Array[] = [];
      const pieceCount = a.real.peek(n, new EvbufferPtr(from), pieces, most);
      assert.equal(pieces.length, Math.min(pieceCount, most));
      const shown = Buffer.concat(pieces);
      assert.ok(shown.equals(a.bytes.subarray(from, from + shown.length)));
      if (pieceCount <= most) assert.ok(shown.length >= Math.min(n, a.bytes.length - from));
    }),
  ),
  count.map((n) => named('expand', [n], (_world, a) => assert.equal(a.real.expand(n), 0))),
  fc
    .tuple(count, fc.integer({ min: 1, max: 3 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([n, most, part]) =>
      named('reserve and commit', [n, most, part], (_world, a) => {
        const pieces: Uint8Array[] = [];
        const pieceCount = a.real.reserveSpace(n, pieces, most);
        if (a.endFrozen) {
          assert.equal(pieceCount, -1);
          return;
        }
        assert.ok(pieceCount === pieces.length && pieceCount >= 1 && pieceCount <= most);
        const room = pieces.reduce((sum, piece) => sum + piece.length, 0);
        assert.ok(room >= n);
        let left = Math.floor(n * part);
        const filled: Uint8Array[] = [];
        for (const piece of pieces) {
          const size = Math.min(left, piece.length);
          filled.push(piece.fill(0x62).subarray(0, size));
          left -= size;
        }
        assert.equal(a.real.commitSpace(filled), 0);
        a.append(Buffer.concat(filled));
      }),
    ),
  fc.constant(
    named('addBuffer', [], (_world, a, b) => {
      const isNothing = a === b || b.bytes.length === 0;
      const fails = !isNothing && (a.endFrozen || b.frontFrozen);
      assert.equal(a.real.addBuffer(b.real), fails ? -1 : 0);
      if (isNothing || fails) return;
      a.isTainted ||= b.isTainted;
      a.append(b.take(b.bytes.length));
    }),
  ),
  fc.constant(
    named('prependBuffer', [], (_world, a, b) => {
      const isNothing = a === b || b.bytes.length === 0;
      const fails = !isNothing && (a.frontFrozen || b.frontFrozen);
      assert.equal(a.real.prependBuffer(b.real), fails ? -1 : 0);
      if (isNothing || fails) return;
      a.isTainted ||= b.isTainted;
      a.prepend(b.take(b.bytes.length));
    }),
  ),
  count.map((n) =>
    named('removeBuffer', [n], (_world, a, b) => {
      const result = a.real.removeBuffer(b.real, n);
      if (n === 0 || a === b) {
        assert.equal(result, 0);
      } else if (b.endFrozen || a.frontFrozen) {
        assert.equal(result, -1);
      } else {
        b.isTainted ||= a.isTainted;
        const moved = a.take(n);
        assert.equal(result, moved.length);
        b.append(moved);
      }
    }),
  ),
  fc.constant(
    named('addBufferReference', [], (_world, a, b) => {
      const result = a.real.addBufferReference(b.real);
      if (b.bytes.length === 0) assert.equal(result, 0);
      else if (a.endFrozen || a === b) assert.equal(result, -1);
      else if (!b.isTainted) assert.equal(result, 0);
      if (result < 0 || b.bytes.length === 0) return;
      a.append(b.bytes);
      a.isTainted = true;
    }),
  ),
  fc.tuple(bytes, count, fc.option(count)).map(([what, from, end]) =>
    named('searchRange', [what, from, end], (_world, a) => {
      const length = a.bytes.length;
      const start = new EvbufferPtr();
      const isPlace = a.real.ptrSet(start, from, 0) === 0;
      assert.equal(isPlace, from <= length);
      const found = a.real.searchRange(what, start, end === null ? null : new EvbufferPtr(end)).pos;
      const part = a.bytes.subarray(0, end ?? length);
      // Buffer's own search finds nothing in nothing elsewhere than C does.
      const expected = what === '' ? from : part.indexOf(what, from, 'latin1');
      assert.equal(found, isPlace ? expected : -1);
    }),
  ),
  fc.tuple(style, count).map(([eol, from]) =>
    named('searchEol', [eol, from], (_world, a) => {
      const { ptr, length } = a.real.searchEol(new EvbufferPtr(from), eol);
      assert.deepEqual([ptr.pos, length], a.eol(eol, from));
    }),
  ),
  style.map((eol) =>
    named('readln', [eol], (_world, a) => {
      const line = a.real.readln(eol);
      const [length, end] = a.eol(eol, 0);
      if (a.frontFrozen || length < 0) assert.equal(line, null);
      else assert.ok(line?.equals(a.take(length + end).subarray(0, length)));
    }),
  ),
  fc.tuple(fc.boolean(), fc.boolean()).map(([atFront, frozen]) =>
    named(frozen ? 'freeze' : 'unfreeze', [atFront], (_world, a) => {
      assert.equal(frozen ? a.real.freeze(atFront) : a.real.unfreeze(atFront), 0);
      if (atFront) a.frontFrozen = frozen;
      else a.endFrozen = frozen;
    }),
  ),
  fc.tuple(count, fc.boolean()).map(([n, isSend]) =>
    named('write', [n, isSend], (world, a) => {
      const { pair } = world;
      const result = isSend ? a.real.send(pair.a, n) : a.real.write(pair.a, n);
      const most = Math.min(n, a.bytes.length);
      if (a.frontFrozen) assert.equal(result, -1);
      else if (most === 0) assert.equal(result, 0);
      else if (result < 0) assert.equal(errno(), EAGAIN);
      else assert.ok(result > 0 && result <= most);
      if (result > 0) world.onTheWay = Buffer.concat([world.onTheWay, a.take(result)]);
    }),
  ),
  count.map((n) =>
    named('read', [n], (world, a) => {
      if (n === 0) return;
      const result = a.real.read(world.pair.b, n);
      if (a.endFrozen || world.onTheWay.length === 0) {
        assert.equal(result, -1);
        return;
      }
      assert.ok(result > 0 && result <= Math.min(n, world.onTheWay.length));
      a.append(world.onTheWay.subarray(0, result));
      world.onTheWay = world.onTheWay.subarray(result);
    }),
  ),
];
