import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from './stage.ts';
import { Turns, type Member } from './turns.ts';

/** A group of two, told in the words of steps. */
class Scene {
  readonly turns = new Turns<Member>(2);
  readonly peers: Member[] = [0, 1, 2, 3, 4].map(() => ({ halfClosed: false, reading: true }));

  /** @returns the calls that return, as `recv 0` or `recv 0, over` */
  did(step: Step): string[] {
    return this.turns
      .did(step, this.peer(step.peer))
      .map(({ call, peer, over }) => `${call} ${this.peers.indexOf(peer)}${over ? ', over' : ''}`);
  }

  read(peer: number): readonly string[] {
    return this.turns.read(this.peer(peer));
  }

  peer(index: number): Member {
    const peer = this.peers[index];
    assert.ok(peer);
    return peer;
  }
}

const connects = (peer: number): Step => ({ does: 'connects', peer });
const sends = (peer: number, text: string): Step => ({ does: 'sends', peer, text });
const halfCloses = (peer: number): Step => ({ does: 'half-closes', peer });

test('reads nothing before the group is complete, and then in turn', () => {
  const scene = new Scene();
  assert.deepEqual(scene.did(connects(1)), ['accept 1']);
  assert.deepEqual(scene.did(sends(1, 'a')), []);
  assert.deepEqual(scene.did(connects(0)), ['accept 0', 'recv 1']);
  assert.deepEqual(scene.did(sends(1, 'b')), []);
  assert.ok(!scene.turns.hasReadAll(scene.peer(1)));
  assert.deepEqual(scene.did(sends(1, 'c')), []);
  assert.deepEqual(scene.did(sends(0, 'd')), ['recv 0', 'recv 1']);
  assert.ok(scene.turns.hasReadAll(scene.peer(1)));
  assert.deepEqual(scene.read(1), ['a', 'bc']);
  assert.deepEqual(scene.read(0), ['d']);
});

test('leaves out whoever is gone, and begins anew when all are', () => {
  const scene = new Scene();
  for (const peer of [0, 1, 2]) scene.did(connects(peer));
  assert.deepEqual(scene.did(halfCloses(1)), []);
  assert.equal(scene.turns.thinnedBy, undefined);
  assert.deepEqual(scene.did(sends(0, 'a')), ['recv 0', 'recv 1, over']);
  assert.equal(scene.turns.thinnedBy, 'end of file');
  assert.equal(scene.turns.gone, 1);
  assert.ok(scene.turns.isOver(scene.peer(1)));
  assert.deepEqual(scene.did(sends(0, 'b')), ['recv 0']);
  assert.equal(scene.turns.groups, 1);
  // The next of the new group has waited all the time.
  assert.deepEqual(scene.did({ does: 'sends last', peer: 0, text: 'c' }), [
    'recv 0',
    'recv 0, over',
    'accept 2',
  ]);
  assert.equal(scene.turns.groups, 2);
  assert.equal(scene.turns.place(scene.peer(2)), 0);
  assert.equal(scene.turns.place(scene.peer(0)), -1);
});

test('answers nobody who has reset the connection', () => {
  const scene = new Scene();
  for (const peer of [0, 1]) scene.did(connects(peer));
  scene.did(sends(1, 'a'));
  scene.did({ does: 'resets', peer: 1 });
  assert.deepEqual(scene.did(sends(0, 'b')), ['recv 0', 'recv 1, over']);
  assert.deepEqual(scene.read(1), []);
  assert.equal(scene.turns.thinnedBy, 'reset');
});

test('tells what is left to do for everybody to be gone', () => {
  const scene = new Scene();
  assert.equal(scene.turns.toTheEnd(4), undefined);
  scene.did(connects(0));
  const done: Step[] = [];
  for (;;) {
    const step = scene.turns.toTheEnd(4);
    if (!step) break;
    done.push(step);
    scene.did(step);
  }
  assert.deepEqual(done, [connects(4), halfCloses(0), halfCloses(4)]);
});
