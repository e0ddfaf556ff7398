import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labAddress, readLabAddress } from './lab-address.ts';

const read = (address: string): unknown => readLabAddress(new URL(address, 'http://a.example'));

test('an address says which lab it is about, and in which way', () => {
  assert.deepEqual(read('/select/#lab-rot13-select'), {
    lab: 'rot13-select',
    way: undefined,
    workbench: false,
  });
  assert.deepEqual(read('/events/?way=poll#lab-rot13-event'), {
    ...{ lab: 'rot13-event', way: 'poll', workbench: false },
  });
  assert.deepEqual(read('/events/?way=poll'), {
    ...{ lab: undefined, way: 'poll', workbench: false },
  });
  assert.deepEqual(read('/events/?way=poll#lab-rot13-event&edit=abc=='), {
    ...{ lab: 'rot13-event', way: 'poll', workbench: false },
  });
});

test('an address can ask for the workbench of a lab, but not of none', () => {
  const wanted = { lab: 'rot13-event', way: 'poll', workbench: true };
  assert.deepEqual(read('/events/?workbench&way=poll#lab-rot13-event'), wanted);
  assert.deepEqual(read('/events/?way=poll&workbench=#lab-rot13-event'), wanted);
  assert.deepEqual(read('/events/?workbench'), {
    ...wanted,
    lab: undefined,
    way: undefined,
    workbench: false,
  });
});

test('what is no name of a lab or a way is not there', () => {
  const nothing = { lab: undefined, way: undefined, workbench: false };
  for (const address of [
    ...['/', '/#', '/#what-it-costs', '/#lab-', '/#lab-%', '/#xlab-a', '/?way=', '/?way=%22%5D'],
    `/?way=${'a'.repeat(65)}#lab-${'b'.repeat(65)}`,
  ]) {
    assert.deepEqual(read(address), nothing, address);
  }
});

test('the address that is copied is read as what it was made of', () => {
  const page = new URL('https://a.example/book/events/?pace=0#old');
  const address = labAddress(page, 'rot13-event', 'poll');
  assert.equal(address, 'https://a.example/book/events/?way=poll#lab-rot13-event');
  const said = { lab: 'rot13-event', way: 'poll' };
  assert.deepEqual(readLabAddress(new URL(address)), { ...said, workbench: false });
  const full = labAddress(page, said.lab, said.way, true);
  assert.equal(full, 'https://a.example/book/events/?workbench&way=poll#lab-rot13-event');
  assert.deepEqual(readLabAddress(new URL(full)), { ...said, workbench: true });
  assert.equal(labAddress(page, 'a'), 'https://a.example/book/events/#lab-a');
});
