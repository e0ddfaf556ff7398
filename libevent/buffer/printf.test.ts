import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, chained, textOf } from '../testing/evbuffer.ts';
import { Evbuffer } from './evbuffer.ts';

function added(format: string, ...args: (string | number | bigint)[]): string {
  using buffer = new Evbuffer();
  const count = buffer.addPrintf(format, ...args);
  assert.equal(count, buffer.getLength());
  return textOf(buffer);
}

/** What printf(1) makes of it, which asks printf(3), but has `long double` and 64 bits for numbers. */
function expected(format: string, args: (string | number | bigint)[]): string {
  const env = { ...process.env, LC_ALL: 'C' };
  const run = spawnSync('/usr/bin/printf', [format, ...args.map(String)], { env });
  assert.equal(run.stderr.toString(), '');
  return run.stdout.toString('latin1');
}

const cases: [string, ...(string | number | bigint)[]][] = [
  ['plain'],
  ['100%%'],
  ['%s and %s', 'one', 'two'],
  ['[%10s] [%-10s] [%.2s] [%*s]', 'right', 'left', 'cut', 6, 'star'],
  ['%d %i %5d %-5d| %05d %+d % d', 1, -2, 3, 4, 5, 6, 7],
  ['%.3d %8.3d %d', 5, -5, 2n ** 53n + 1n],
  ['%u %o %x %X %#x %#o', 4294967295, 8, 255, 255, 255, 8],
  ['%08x %#06x', 48879, 255],
  ['%f %.2f %8.3f %-8.1f| %08.2f %+f', 3.14159265, 2.5, -1.5, 9.99, -3.14159, 1],
  ['%e %.2e', 12345.678, 0.00012],
  ['%g %g %g %g %.3g', 100000, 1000000, 0.0001, 0.00001, 3.14159],
  ['%ld %lu %zd', 12345, 67890, -5],
];

for (const [format, ...args] of cases) {
  test(`V01 addPrintf ${format} does what printf does`, () => {
    assert.equal(added(format, ...args), expected(format, args));
  });
}

/** What a C program printed on x86-64 with glibc 2.36. */
const printedByC: [string, string, ...(string | number | bigint)[]][] = [
  ['0 2 2 -0', '%.0f %.0f %.0f %.0f', 0.5, 1.5, 2.5, -0.5],
  ['0.12 1.2e-01 2', '%.2f %.1e %.1g', 0.125, 0.125, 2.5],
  ['10000000000000000000000.000000', '%f', 1e22],
  ['4.94066e-324 4.940656e-324 4.9406564584124654e-324', '%g %e %.17g', 5e-324, 5e-324, 5e-324],
  ['0x1p+0 0X1.999999999999AP-4', '%a %A', 1, 0.1],
  ['+nan INF -inf NAN', '%+f %F %e %G', NaN, Infinity, -Infinity, NaN],
  ['  inf|inf  |  inf', '%5.1f|%-5g|%05f', Infinity, Infinity, Infinity],
  [
    '1.00000e-05 3. 1.e+00 0 0 010 0XFF',
    '%#g %#.0f %#.0e %#x %#o %#.3o %#X',
    1e-5,
    3,
    1,
    0,
    0,
    8,
    255,
  ],
  ['[] [     ] []', '[%.0d] [%5.0x] [%.0u]', 0, 0, 0],
  ['1.500000E+00 1E-10 1.500000', '%E %G %F', 1.5, 1e-10, 1.5],
  ['44 44 4464 4464', '%hhd %hhu %hd %hu', 300, 300, 70000, 70000],
  ['    3.14|7    |7    |0.100000', '%*.*f|%-*d|%*d|%.*f', 8, 2, 3.14159, 5, 7, -5, 7, -1, 0.1],
  [' 7|+7|+7|+7|7    |7    ', '% d|%+d|% +d|%+ d|%-05d|%0-5d', 7, 7, 7, 7, 7, 7],
  ['     005|+005|0ff     |', '%08.3d|%+.3d|%-8.3x|', 5, 5, 255],
  ['-0042|A|%', '%05d|%c|%%', -42, 65],
  ['0.100000 0.100000', '%lf %Lf', 0.1, 0.1],
];

for (const [printed, format, ...args] of printedByC) {
  test(`V01 addPrintf ${format} does what C does`, () => {
    assert.equal(added(format, ...args), printed);
  });
}

/** A double that is not negative, as the fraction that it is. */
function fractionOf(value: number): [bigint, bigint] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const biased = Number((bits.getBigUint64(0) >> 52n) & 0x7ffn);
  const fraction = bits.getBigUint64(0) & (2n ** 52n - 1n);
  const exponent = (biased === 0 ? 1 : biased) - 1075;
  const digits = biased === 0 ? fraction : fraction + 2n ** 52n;
  return exponent < 0 ? [digits, 2n ** BigInt(-exponent)] : [digits << BigInt(exponent), 1n];
}

/** The nearest whole number, of two as near the even one. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  const whole = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  return twice > denominator || (twice === denominator && whole % 2n === 1n) ? whole + 1n : whole;
}

function withPoint(digits: string, places: number): string {
  if (places === 0) return digits;
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** `%.*f`, by exact arithmetic. */
function fixed(value: number, places: number): string {
  const [numerator, denominator] = fractionOf(Math.abs(value));
  const digits = rounded(numerator * 10n ** BigInt(places), denominator).toString();
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + withPoint(digits.padStart(places + 1, '0'), places);
}

/** `%.*e`, by exact arithmetic. */
function scientific(value: number, places: number): string {
  const [numerator, denominator] = fractionOf(Math.abs(value));
  let exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value))) + 1;
  const scaled = (): [bigint, bigint] => {
    const scale = 10n ** BigInt(Math.abs(places - exponent));
    return places >= exponent ? [numerator * scale, denominator] : [numerator, denominator * scale];
  };
  const isShort = (): boolean => {
    const [above, below] = scaled();
    return above < below * 10n ** BigInt(places);
  };
  while (value !== 0 && isShort()) exponent--;
  // Rounding up can make one digit more.
  if (rounded(...scaled()) === 10n ** BigInt(places + 1)) exponent++;
  const digits = rounded(...scaled());
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const power = `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return sign + withPoint(digits.toString().padStart(places + 1, '0'), places) + power;
}

test('V01 addPrintf: any double, ties and subnormal ones too, has the digits it really has', () => {
  const tie = fc
    .tuple(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), fc.integer({ min: 0, max: 40 }))
    .map(([numerator, power]) => numerator / 2 ** power);
  const any = fc.double({ noNaN: true, noDefaultInfinity: true });
  const subnormal = fc.integer({ min: 0, max: 2 ** 31 }).map((count) => count * 5e-324);
  fc.assert(
    fc.property(fc.oneof(any, tie, subnormal), fc.nat(40), (value, places) => {
      assert.equal(added('%.*f', places, value), fixed(value, places));
      assert.equal(added('%.*e', places, value), scientific(value, places));
      assert.equal(Number(added('%.17g', value)), value);
    }),
    { numRuns: 2000 },
  );
});

test('V01 addPrintf: any whole number, in any size and base', () => {
  const bits: Record<string, number> = { hh: 8, h: 16, l: 64, ll: 64, j: 64, z: 64, t: 64 };
  const number = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n }),
  );
  fc.assert(
    fc.property(number, fc.constantFrom(...Object.keys(bits)), (value, size) => {
      const width = bits[size] ?? 0;
      const [signed, unsigned] = [BigInt.asIntN(width, value), BigInt.asUintN(width, value)];
      assert.equal(
        added(`%${size}d %${size}i`, value, value),
        `${String(signed)} ${String(signed)}`,
      );
      const all = added(`%${size}u %${size}o %${size}x %${size}X`, value, value, value, value);
      const hex = unsigned.toString(16);
      const expectedAll = `${String(unsigned)} ${unsigned.toString(8)} ${hex} ${hex.toUpperCase()}`;
      assert.equal(all, expectedAll);
    }),
  );
});

test('V01 addPrintf: without a size a number is an int if it is one, else a long long', () => {
  for (const value of [0, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 32, -(2 ** 40), 2 ** 53]) {
    assert.equal(added('%d', value), String(value));
    assert.equal(added('%d', BigInt(value)), String(value));
    const width = value < -(2 ** 31) || value >= 2 ** 32 ? 64 : 32;
    assert.equal(
      added('%u %x', value, value),
      [10, 16].map((base) => BigInt.asUintN(width, BigInt(value)).toString(base)).join(' '),
    );
  }
  assert.equal(added('%d %d', 2n ** 63n - 1n, -7.9), '9223372036854775807 -7');
  assert.equal(added('%f', 10n), '10.000000');
});

test('V01 addPrintf: width and precision of strings count bytes', () => {
  assert.equal(
    added('%.3s|%-5s|%5s|', 'añb', 'añb', 'añb'),
    Buffer.from('añ|añb | añb|').toString('latin1'),
  );
  assert.equal(added('%s %s %s', 1, 2n, '\ud800'), Buffer.from('1 2 \ud800').toString('latin1'));
  assert.equal(added('é%sé', '€'), Buffer.from('é€é').toString('latin1'));
});

test('V01 addPrintf fills the room there is, and takes more if that is not enough', () => {
  for (const before of [0, 1, 3500, 3840, 4000, 4095, 4096]) {
    for (const length of [0, 1, 95, 96, 97, 255, 256, 4095, 4096, 70_000]) {
      using buffer = new Evbuffer();
      buffer.add(Buffer.alloc(before, '.'));
      assert.equal(buffer.addPrintf('%*s', length, ''), length);
      buffer.addPrintf('%s', '!');
      assert.ok(bytesOf(buffer).equals(Buffer.from(`${'.'.repeat(before)}${' '.repeat(length)}!`)));
    }
  }
  const shared = chained('abc');
  shared.addPrintf('%d', 1);
  assert.equal(textOf(shared), 'abc1');
});

test('V01 addPrintf %c takes a character or its number, %x what is below 0 as C does', () => {
  assert.equal(added('%c%c', 'a', 98), 'ab');
  assert.equal(added('%x %u', -1, -1), 'ffffffff 4294967295');
  assert.equal(added('%s %c', 'é', 'é'), Buffer.from('é é').toString('latin1'));
  assert.equal(added('[%3c] [%-3c] %c', 'a', 'b', 256 + 67), '[  a] [b  ] C');
  assert.equal(added('%c', 0), '\0');
});

test('V01 addPrintf says what is wrong with a format, and adds nothing', () => {
  using buffer = new Evbuffer();
  const wrong: [new () => Error, string, ...(string | number | bigint)[]][] = [
    [RangeError, '%d'],
    [RangeError, '%*d', 1],
    ...[
      '%n',
      '%p',
      '%m',
      '%ls',
      '%lc',
      '%hf',
      '%Ld',
      '%1$d',
      '%k',
      '%',
      '% ',
      '%5%',
      '100%, %d',
    ].map((format): [new () => Error, string, number] => [RangeError, format, 1]),
    [RangeError, '%d', 2n ** 64n],
    [RangeError, '%d', -1e30],
    [RangeError, '%*d', 2 ** 31, 1],
    [RangeError, '%c', 2 ** 31],
    [TypeError, '%d', 'text'],
    [TypeError, '%f', 'text'],
    [TypeError, '%*d', 'text', 1],
    [TypeError, '%d', NaN],
    [TypeError, '%d', Infinity],
    [TypeError, '%c', 'ab'],
    [TypeError, '%c', ''],
    [TypeError, '%s', 'a\0b'],
    [TypeError, 'a\0b'],
  ];
  for (const [error, format, ...args] of wrong) {
    assert.throws(
      () => buffer.addPrintf(format, ...args),
      error,
      JSON.stringify([format, ...args.map(String)]),
    );
  }
  assert.equal(buffer.getLength(), 0);
});

test('V01 addPrintf takes any number of values, as C does', () => {
  const numbers = Array.from({ length: 700 }, (_, i) => i);
  for (const count of [1, 27, 28, 29, 30, 31, 32, 60, 61, 200, 300, 700]) {
    const some = numbers.slice(0, count);
    assert.equal(added('%d '.repeat(count), ...some), some.map((i) => `${String(i)} `).join(''));
    assert.equal(
      added('%.1f '.repeat(count), ...some),
      some.map((i) => `${String(i)}.0 `).join(''),
    );
    assert.equal(added('%% %s'.repeat(count), ...some), some.map((i) => `% ${String(i)}`).join(''));
    assert.equal(
      added('%0*.*f|'.repeat(count), ...some.flatMap((i) => [9, 2, i])),
      some.map((i) => `${String(i).padStart(6, '0')}.00|`).join(''),
    );
    assert.equal(
      added('%*d%s,'.repeat(count), ...some.flatMap((i) => [5, i, 'é'])),
      some.map((i) => `${String(i).padStart(5)}${Buffer.from('é').toString('latin1')},`).join(''),
    );
  }
});

test('V01 addPrintf: values of every kind, in any number and order, are each where they belong', () => {
  const value = fc.oneof(
    fc.integer().map((number): [string, number | string, string] => ['%d', number, String(number)]),
    fc.nat(10 ** 9).map((number): [string, number | string, string] => {
      return ['%12.3f', number / 8, (number / 8).toFixed(9).slice(0, -6).padStart(12)];
    }),
    fc
      .stringMatching(/^[ -~]*$/)
      .map((text): [string, number | string, string] => ['%s', text, text]),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(value, fc.stringMatching(/^[ -$&-~]*$/)), { maxLength: 300 }),
      (all) => {
        // Eighths have three digits after the point: what toFixed() makes is exact.
        const format = all.map(([[conversion], text]) => conversion + text).join('');
        const printed = all.map(([[, , shown], text]) => shown + text).join('');
        assert.equal(added(format, ...all.map(([[, argument]]) => argument)), printed);
      },
    ),
  );
});

test('V01 addPrintf: too few values among many throw, and nothing is added', () => {
  using buffer = new Evbuffer();
  for (const count of [31, 100]) {
    const values = Array<number>(count - 1).fill(1);
    assert.throws(() => buffer.addPrintf('%d'.repeat(count), ...values), /too few arguments/);
  }
  assert.equal(buffer.getLength(), 0);
});

test('V01 addPrintf: widths and precisions ask for 64 MiB at most, or nothing is added', () => {
  using buffer = new Evbuffer();
  const most = 64 << 20;
  const wrong: [string, ...(string | number)[]][] = [
    ['%2147483647d', 1],
    ['%-2147483647d', 1],
    ['%2147483648d', 1],
    ['%99999999999999999999999d', 1],
    ['%.2147483647d', 1],
    ['%.2147483647f', 1],
    ['%.2147483647g', 1],
    ['%.2147483647a', 1],
    ['%2147483647s', 'x'],
    ['%2147483647c', 'x'],
    ['%*d', most + 1, 1],
    ['%*d', -most - 1, 1],
    ['%*d', -(2 ** 31), 1],
    ['%.*d', most + 1, 1],
    ['%*s', 2 ** 31 - 1, 'x'],
    [`%${String(most / 2)}d%d%${String(most / 2 + 1)}d`, 1, 2, 3],
  ];
  for (const [format, ...args] of wrong) {
    assert.throws(() => buffer.addPrintf(format, ...args), {
      name: 'RangeError',
      message: /^the widths and precisions up to %\S+ ask for \S+ bytes: 67108864 are the most$/,
    });
  }
  assert.equal(buffer.getLength(), 0);
  assert.equal(buffer.addPrintf('%*d', most, 1), most);
  buffer.drain(-1);
  // A precision below 0 is none, and one of a string adds nothing.
  assert.equal(added('%.*d %.2147483647s %.*s', -(2 ** 31), 1, 'a', 2 ** 31 - 1, 'b'), '1 a b');
});
