import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { chained, textOf, told } from '../testing/evbuffer.ts';
import { Pair, put } from '../testing/sockets.ts';
import { Evbuffer } from './evbuffer.ts';
import { EvbufferPtr } from './ptr.ts';

checkDescriptors();

test('V18 a frozen front: what fails, and what does not', () => {
  using pair = new Pair();
  put(pair.b, 'x');
  const buffer = chained('line\n');
  const infos = told(buffer);
  assert.equal(buffer.freeze(true), 0);
  assert.equal(buffer.drain(1), -1);
  assert.equal(buffer.drain(0), -1);
  assert.equal(buffer.remove(Buffer.alloc(1)), -1);
  assert.equal(buffer.copyout(Buffer.alloc(1)), -1);
  assert.equal(buffer.prepend('x'), -1);
  assert.equal(buffer.readln(3), null);
  assert.equal(buffer.removeBuffer(new Evbuffer(), 1), -1);
  assert.equal(buffer.prependBuffer(chained('x')), -1);
  assert.equal(new Evbuffer().prependBuffer(buffer), -1);
  assert.equal(new Evbuffer().addBuffer(buffer), -1);
  assert.equal(buffer.write(pair.a), -1);
  assert.equal(buffer.send(pair.a), -1);
  assert.deepEqual(infos, []);
  const pieces: Uint8Array[] = [];
  assert.equal(buffer.add('1'), 0);
  assert.equal(buffer.reserveSpace(1, pieces, 1), 1);
  pieces[0]?.fill(0x32);
  assert.equal(buffer.commitSpace([pieces[0]?.subarray(0, 1) ?? Buffer.alloc(0)]), 0);
  assert.equal(buffer.addReference(Buffer.from('3'), null, null), 0);
  assert.equal(buffer.addPrintf('%s', '45678901234'), 11);
  assert.equal(buffer.addBuffer(chained('5')), 0);
  assert.equal(buffer.read(pair.a), 1);
  assert.equal(buffer.pullup(-1)?.toString(), 'line\n123456789012345x');
  assert.equal(buffer.unfreeze(true), 0);
  assert.equal(buffer.drain(1), 0);
});

test('V18 of nothing, a frozen front has nothing to refuse, as in C', () => {
  const full = chained('abc');
  const empty = new Evbuffer();
  const [none, some] = [Buffer.alloc(0), Buffer.alloc(2)];
  for (const buffer of [full, empty]) {
    buffer.freeze(true);
    assert.equal(buffer.remove(none), 0);
    assert.equal(buffer.copyout(none), 0);
    assert.equal(buffer.copyoutFrom(null, none), 0);
    assert.equal(buffer.prepend(''), 0);
    assert.equal(buffer.removeBuffer(new Evbuffer(), 0), 0);
  }
  assert.equal(empty.remove(some), 0);
  assert.equal(empty.copyout(some), 0);
  assert.equal(empty.drain(2), 0);
  assert.equal(empty.removeBuffer(new Evbuffer(), 2), -1);
  assert.equal(full.copyoutFrom(new EvbufferPtr(3), some), 0);
  assert.equal(full.copyoutFrom(new EvbufferPtr(2), some), -1);
  assert.equal(full.copyoutFrom(new EvbufferPtr(4), none), -1);
});

test('V18 a frozen end: what fails, and what does not', () => {
  using pair = new Pair();
  put(pair.b, 'x');
  const buffer = chained('line\n', 'more');
  const infos = told(buffer);
  buffer.freeze(false);
  assert.equal(buffer.add(''), -1);
  assert.equal(buffer.add('x'), -1);
  assert.equal(buffer.addPrintf('%s', 'x'), -1);
  assert.equal(buffer.addIovec([Buffer.from('x')]), 0);
  assert.equal(buffer.reserveSpace(1, [], 1), -1);
  assert.equal(buffer.commitSpace([]), -1);
  assert.equal(
    buffer.addReference(Buffer.from('x'), () => assert.fail(), null),
    -1,
  );
  assert.equal(buffer.addBuffer(chained('x')), -1);
  assert.equal(buffer.addBufferReference(chained('x')), -1);
  assert.equal(chained('x').removeBuffer(buffer, 1), -1);
  assert.equal(buffer.addFile(0, 0, 0), -1);
  assert.equal(buffer.read(pair.a), -1);
  assert.deepEqual(infos, []);
  assert.equal(buffer.readln(3)?.toString(), 'line');
  assert.equal(buffer.drain(1), 0);
  assert.equal(buffer.remove(Buffer.alloc(1)), 1);
  assert.equal(buffer.prepend('<'), 0);
  assert.equal(buffer.prependBuffer(chained('>')), 0);
  assert.equal(buffer.removeBuffer(new Evbuffer(), 1), 1);
  assert.equal(buffer.write(pair.a, 2), 2);
  buffer.unfreeze(false);
  assert.equal(textOf(buffer), 'e');
});
