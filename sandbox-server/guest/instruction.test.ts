import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeInstruction, encodeInstruction, type Instruction } from './instruction.ts';

const INSTRUCTION: Instruction = {
  program: 'labs/echo-listener/server.ts',
  args: ['9876', '', 'zwei\nZeilen', '=ä'],
  maxDescriptors: 77,
  environment: { EMPTY: '', EQUALS: 'a=b=c' },
};

test('an instruction arrives as it was given', () => {
  assert.deepEqual(decodeInstruction(encodeInstruction(INSTRUCTION)), INSTRUCTION);
  const limited = { ...INSTRUCTION, maxProcesses: 20 };
  assert.deepEqual(decodeInstruction(encodeInstruction(limited)), limited);
  const bare = { ...INSTRUCTION, args: [], environment: {} };
  assert.deepEqual(decodeInstruction(encodeInstruction(bare)), bare);
});

test('what was cut short before its arguments is none, nor is nothing at all', () => {
  const bytes = encodeInstruction({ ...INSTRUCTION, environment: {} });
  for (const length of [0, 5, INSTRUCTION.program.length + 2, bytes.length - 5]) {
    assert.equal(decodeInstruction(bytes.subarray(0, length)), undefined);
  }
});
