import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before } from 'node:test';
import { close, fcntl } from '../sys/descriptor.ts';
import { RLIMIT_NOFILE, Rlimit, getrlimit, setrlimit } from '../sys/resource.ts';

const F_DUPFD = 0;

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Fails the test file if it leaves descriptors open. */
export function checkDescriptors(): void {
  let count = 0;
  before(() => {
    count = countDescriptors();
  });
  after(() => {
    assert.equal(countDescriptors(), count, 'descriptors open after the tests');
  });
}

/** Calls a function while the process can open no more than so many descriptors. */
export function withDescriptors(more: number, body: () => void): void {
  const before = new Rlimit();
  assert.equal(getrlimit(RLIMIT_NOFILE, before), 0);
  const next = fcntl(0, F_DUPFD, 0);
  assert.ok(next >= 0);
  close(next);
  assert.equal(setrlimit(RLIMIT_NOFILE, new Rlimit(next + more, before.maximum)), 0);
  try {
    body();
  } finally {
    assert.equal(setrlimit(RLIMIT_NOFILE, before), 0);
  }
}
