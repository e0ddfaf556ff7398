import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RECEIVED } from '../protocol/received.ts';
import { TextLog, Transcript } from './transcript.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const received = (text: string) => `${RECEIVED.start}${text}${RECEIVED.end}`;

test('what the server sent is told apart from what was typed', () => {
  const transcript = new Transcript();
  transcript.append(bytes(`hello\r\n${received('hello\r\n')}more`));
  assert.equal(transcript.printed.since(0), 'hello\nhello\nmore');
  assert.equal(transcript.received.since(0), 'hello\n');
  assert.equal(transcript.own.since(0), 'hello\nmore');
});

test('chunks may end within a character, a line end or a marker', () => {
  const whole = bytes(`né\r\n${received('ç→😀\r\n')}\r\nend${received('x')}`);
  for (let size = 1; size <= whole.length; size += 1) {
    const transcript = new Transcript();
    for (let at = 0; at < whole.length; at += size) {
      transcript.append(whole.subarray(at, at + size));
    }
    assert.equal(transcript.received.since(0), 'ç→😀\nx', `chunks of ${size}`);
    assert.equal(transcript.own.since(0), 'né\n\nend', `chunks of ${size}`);
  }
});

test('other escape sequences pass, and a position reads on from there', () => {
  const transcript = new Transcript();
  transcript.append(bytes('\u001b[2mConnected\u001b[22m\r\n'));
  const position = transcript.printed.end;
  transcript.append(bytes('next'));
  assert.equal(transcript.printed.since(position), 'next');
  assert.match(transcript.own.since(0), /Connected/);
});

test('a log forgets old text but not its positions', () => {
  const log = new TextLog();
  for (let line = 0; line < 100; line += 1) log.append('x'.repeat(10_000));
  log.append('last');
  assert.equal(log.end, 1_000_004);
  assert.equal(log.since(1_000_000), 'last');
  assert.ok(log.since(0).length < 600_000);
});

test('a further process in the same terminal continues the logs, not the half-read state', () => {
  const first = new Transcript();
  first.append(bytes(`one${RECEIVED.start}cut of`));
  const second = new Transcript(first);
  second.append(bytes('two'));
  assert.equal(second.printed.since(0), 'onecut oftwo');
  assert.equal(second.received.since(0), 'cut of');
  assert.equal(second.own.since(0), 'onetwo');
});
