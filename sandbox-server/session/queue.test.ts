import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Queue } from './queue.ts';

const anybody = (): boolean => true;

test('first come, first served', () => {
  const queue = new Queue<string>(3);
  assert.equal(queue.first(anybody), undefined);
  for (const name of ['ann', 'ben', 'cleo']) assert.ok(queue.join(name));
  assert.ok(queue.full);
  assert.ok(!queue.join('dan'));
  assert.equal(queue.first(anybody), 'ann');
  // Whoever is away lets others go before, and keeps their place.
  assert.equal(
    queue.first((name) => name !== 'ann'),
    'ben',
  );
  assert.ok(queue.leave('ben'));
  assert.ok(!queue.leave('ben'));
  assert.deepEqual([...queue], ['ann', 'cleo']);
});

test('whatever happens, it is served in the order of coming, and no longer than it may be', () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant('join' as const) }),
    fc.record({ kind: fc.constant('leave' as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant('serve' as const), away: fc.uniqueArray(fc.nat(40)) }),
  );
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 100 }),
      fc.integer({ min: 0, max: 8 }),
      (all, most) => {
        const queue = new Queue<number>(most);
        const model: number[] = [];
        let next = 0;
        for (const each of all) {
          if (each.kind === 'join') {
            const joined = queue.join(next);
            assert.equal(joined, model.length < most);
            if (joined) model.push(next);
            next += 1;
          } else if (each.kind === 'leave') {
            const one = model[each.which];
            assert.equal(queue.leave(one ?? -1), one !== undefined);
            if (one !== undefined) model.splice(each.which, 1);
          } else {
            const served = queue.first((one) => !each.away.includes(one));
            const present = model.filter((one) => !each.away.includes(one));
            assert.equal(served, present.length > 0 ? Math.min(...present) : undefined);
            if (served === undefined) continue;
            queue.leave(served);
            model.splice(model.indexOf(served), 1);
          }
          assert.deepEqual([...queue], model);
        }
      },
    ),
  );
});
