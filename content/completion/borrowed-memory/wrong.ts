/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

export default [
  {
    name: 'gives-it-back-too-early',
    fails: 'twice',
    patch: [
      {
        replace: 'output.addReference(place.subarray(0, line.length + 1), doneCb, place);',
        by: `
          output.addReference(place.subarray(0, line.length + 1), null, null);
          doneCb(place, place.length, place);
        `,
      },
    ],
  },
  {
    name: 'has-two-places-in-turns',
    fails: 'at-once',
    patch: [
      {
        replace: 'const place = unused.pop() ?? new Uint8Array(MAX_LINE + 1);',
        by: `
          if (unused.length === 0) unused.push(new Uint8Array(MAX_LINE + 1), new Uint8Array(MAX_LINE + 1));
          const place = unused.shift() ?? new Uint8Array(MAX_LINE + 1);
          unused.push(place);
        `,
      },
      {
        replace: 'output.addReference(place.subarray(0, line.length + 1), doneCb, place);',
        by: 'output.addReference(place.subarray(0, line.length + 1), null, null);',
      },
    ],
  },
  {
    name: 'has-no-more-than-sixteen',
    fails: 'at-once',
    patch: [
      {
        replace: 'const unused: Uint8Array[] = [];',
        by: 'const unused = Array.from({ length: 16 }, () => new Uint8Array(MAX_LINE + 1));',
      },
      {
        replace: 'const place = unused.pop() ?? new Uint8Array(MAX_LINE + 1);',
        by: `
          const place = unused.pop();
          if (!place) return;
        `,
      },
    ],
  },
  {
    name: 'never-gives-one-back',
    fails: 'goes-on',
    patch: [
      {
        replace: 'const unused: Uint8Array[] = [];',
        by: 'const unused = Array.from({ length: 4 }, () => new Uint8Array(MAX_LINE + 1));',
      },
      {
        replace: 'const place = unused.pop() ?? new Uint8Array(MAX_LINE + 1);',
        by: `
          const place = unused.pop();
          if (!place) return;
        `,
      },
      { replace: 'unused.push(place);', by: 'place.fill(0);' },
    ],
  },
] satisfies WrongAnswer[];
