import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesText, contentOf, fillOf, pipeWords, seatsWords } from './kernel-text.ts';

test('bytes in a few letters', () => {
  assert.deepEqual([0, 15, 1023, 1024, 65_536, 2_621_440, 12_582_912].map(bytesText), [
    ...['0 B', '15 B', '1023 B', '1.0 KB', '64 KB', '2.5 MB', '12 MB'],
  ]);
});

test('a pipe shows a few bytes, and never more than it holds', () => {
  assert.equal(fillOf(0), 0);
  assert.ok(fillOf(1) > 0.03);
  assert.ok(fillOf(15) < fillOf(1500));
  assert.equal(fillOf(2 ** 40), 1);
});

test('what lies unread is with its reader, what is sent with its sender', () => {
  const connection = {
    ...{ client: 'bob', accepted: true, holders: [] },
    near: { receive: 1, send: 2 },
    far: { receive: 15, send: 4 },
  };
  const to = contentOf(connection, 'to');
  assert.deepEqual(to, { sent: 2, came: 15, isOpen: true });
  assert.deepEqual(contentOf(connection, 'from'), { sent: 4, came: 1, isOpen: true });
  assert.deepEqual(contentOf({ ...connection, far: null }, 'to'), {
    ...{ sent: 2, came: 0, isOpen: false },
  });
  assert.equal(
    pipeWords('bob', 'to', to),
    'From Bob to the server: 15 bytes have arrived and wait for the server to read them; 2 bytes sent and not yet at the other end.',
  );
  assert.equal(
    pipeWords('bob', 'from', { sent: 0, came: 0, isOpen: true }),
    'From the server to Bob: nothing is on its way.',
  );
});

test('a queue says who waits, and how many may', () => {
  assert.equal(
    seatsWords({ port: 9876, waiting: 1, most: 2 }),
    'Port 9876: 1 waits to be accepted, and there is room for 2.',
  );
  assert.equal(seatsWords({ port: 9876, waiting: 0 }), 'Port 9876: nobody waits to be accepted.');
});
