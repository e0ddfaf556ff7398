import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { PatchMistake, applyPatch, textOfWay, type Patch } from './patch.ts';

const program = `function serve(fd: number): void {
  if (fork() === 0) {
    child(fd);
    _exit(0);
  }
  // The child has it now.
  close(fd);
}

close(listener);
`;

function mistake(patch: Patch): string {
  try {
    applyPatch(program, patch);
  } catch (error) {
    assert.ok(error instanceof PatchMistake);
    return error.message;
  }
  return 'it fits';
}

suite('a patch', () => {
  test('takes lines out, comment and all, however they are indented in the definition', () => {
    const replace = `
          // The child has it now.
          close(fd);
    `;
    const expected = program.replace('  // The child has it now.\n  close(fd);\n', '');
    assert.equal(applyPatch(program, [{ replace, by: '' }]), expected);
  });

  test('puts lines in, indented as those that they replace', () => {
    const patch = [{ replace: 'child(fd);', by: 'try {\n  child(fd);\n} catch {}' }];
    const expected = program.replace(
      '    child(fd);\n',
      '    try {\n      child(fd);\n    } catch {}\n',
    );
    assert.equal(applyPatch(program, patch), expected);
  });

  test('may have several replacements, in any order, each of the program as it was', () => {
    const patch = [
      { replace: 'close(listener);', by: 'child(fd);' },
      { replace: 'child(fd);', by: 'close(listener);' },
    ];
    const expected = program
      .replace('child(fd)', 'X')
      .replace('close(listener)', 'child(fd)')
      .replace('X', 'close(listener)');
    assert.equal(applyPatch(program, patch), expected);
  });

  test('begins with a line that is further in than the next', () => {
    const replace = `
        _exit(0);
      }
    `;
    assert.equal(
      applyPatch(program, [{ replace, by: '  _exit(1);\n}' }]),
      program.replace('_exit(0)', '_exit(1)'),
    );
  });

  test('replaces whole lines only', () => {
    assert.match(mistake([{ replace: 'fork() === 0', by: 'true' }]), /no line “fork\(\) === 0”/);
  });

  test('that has lost its lines says which, and what may be meant', () => {
    assert.equal(
      mistake([{ replace: '// The child has it now.\nclose(fdd);', by: '' }]),
      'patch[0].replace: the program has no line “close(fdd);”: copy the lines from it. Line 7 is “close(fd);”.',
    );
  });

  test('that has its lines in another order says so', () => {
    assert.match(
      mistake([{ replace: 'close(fd);\n// The child has it now.', by: '' }]),
      /each of these lines is in the program, but not in this order/,
    );
  });

  test('that fits in two places says where', () => {
    assert.match(
      mistake([{ replace: '}', by: '' }]),
      /^patch\[0\]\.replace: this is in the program 2 times, at lines 5, 8: add a line/,
    );
  });

  test('whose replacements overlap says which', () => {
    const patch = [
      { replace: '// The child has it now.\nclose(fd);', by: '' },
      { replace: 'close(fd);', by: 'close(fd, 0);' },
    ];
    assert.match(
      mistake(patch),
      /^patch\[1\]\.replace: patch\[0\] replaces some of the same lines/,
    );
  });

  test('that changes nothing is none', () => {
    assert.match(mistake([{ replace: '  close(fd);', by: 'close(fd);' }]), /nothing is changed/);
  });

  test('is named with its lab, way and file when it does not fit', () => {
    const way = {
      way: 'leaky',
      label: 'leaky',
      file: 'server.ts',
      patch: [{ replace: 'x', by: '' }],
    };
    assert.throws(() => textOfWay('content/processes/rot13-fork/lab.ts', way, program), {
      message:
        'content/processes/rot13-fork/lab.ts: the way “leaky” does not fit server.ts: patch[0].replace: the program has no line “x”: copy the lines from it.',
    });
  });

  test('of any lines of any program gives what was wanted, and its reverse the program', () => {
    const code = fc.stringMatching(/^[a-z(){};]{1,8}$/);
    const line = fc
      .tuple(fc.integer({ min: 0, max: 3 }), code)
      .map(([depth, text]) => '  '.repeat(depth) + text);
    const lines = fc.uniqueArray(line, {
      minLength: 2,
      maxLength: 12,
      selector: (each) => each.trim(),
      comparator: 'IsStrictlyEqual',
    });
    fc.assert(
      fc.property(lines, fc.nat(), fc.nat(), fc.nat(), (all, a, b, c) => {
        const from = a % (all.length - 1);
        const to = from + 1 + (b % (all.length - from - 1));
        const indent = ' '.repeat(c % 7);
        const laidOut = (part: readonly string[]): string =>
          `\n${part.map((each) => indent + each).join('\n')}\n${indent}`;
        const before = all.slice(0, to);
        const old = before.slice(from);
        const replacement = old.map((each) => `${each}//`);
        const after = [...before.slice(0, from), ...replacement, ...all.slice(to)].join('\n');
        const patch = [{ replace: laidOut(old), by: laidOut(replacement) }];
        assert.equal(applyPatch(all.join('\n'), patch), after);
        const reverse = [{ replace: laidOut(replacement), by: laidOut(old) }];
        assert.equal(applyPatch(after, reverse), all.join('\n'));
      }),
    );
  });
});
