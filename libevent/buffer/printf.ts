/** What `addPrintf()` takes: strings for `%s`, numbers and bigints for the rest. */
export type EvbufferPrintfArgument = string | number | bigint;

const CONVERSION = /%([-+ 0#]*)(\*|\d*)(?:\.(\*|\d*))?(?:hh?|ll?|[jztL])?([%a-zA-Z])/g;

interface Shape {
  readonly flags: string;
  readonly width: number;
  /** -1 for none. */
  readonly precision: number;
}

function wholeNumber(value: EvbufferPrintfArgument, conversion: string): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value));
  throw new TypeError(`%${conversion} wants a number, not ${String(value)}`);
}

function signOf(isNegative: boolean, flags: string): string {
  if (isNegative) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

function pad(sign: string, digits: string, shape: Shape, mayZero: boolean): string {
  const room = shape.width - sign.length;
  if (shape.flags.includes('-')) return sign + digits.padEnd(room);
  if (mayZero && shape.flags.includes('0')) return sign + digits.padStart(room, '0');
  return (sign + digits).padStart(shape.width);
}

function formatWhole(value: bigint, conversion: string, shape: Shape): string {
  const isSigned = conversion === 'd' || conversion === 'i';
  const bits =
    isSigned || value >= 0n ? value : BigInt.asUintN(value < -(2n ** 31n) ? 64 : 32, value);
  const radix = conversion === 'o' ? 8 : conversion === 'x' || conversion === 'X' ? 16 : 10;
  const digits = (bits < 0n ? -bits : bits).toString(radix).padStart(shape.precision, '0');
  const sign = isSigned ? signOf(bits < 0n, shape.flags) : '';
  const mark = shape.flags.includes('#') && bits !== 0n ? { 8: '0', 10: '', 16: '0x' }[radix] : '';
  const text = pad(sign + mark, digits, shape, shape.precision < 0);
  return conversion === 'X' ? text.toUpperCase() : text;
}

function twoDigitExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function formatReal(value: number, conversion: string, shape: Shape): string {
  const precision = shape.precision < 0 ? 6 : shape.precision;
  const size = Math.abs(value);
  const sign = signOf(value < 0 || Object.is(value, -0), shape.flags);
  if (!Number.isFinite(value)) {
    return pad(Number.isNaN(value) ? '' : sign, Number.isNaN(value) ? 'nan' : 'inf', shape, false);
  }
  if (conversion === 'f') return pad(sign, size.toFixed(precision), shape, true);
  if (conversion === 'e') {
    return pad(sign, twoDigitExponent(size.toExponential(precision)), shape, true);
  }
  const significant = Math.max(precision, 1);
  const exponent = Number(/e(.*)$/.exec(size.toExponential(significant - 1))?.[1] ?? 0);
  const isLong = exponent < -4 || exponent >= significant;
  const text = isLong
    ? size.toExponential(significant - 1).replace(/\.?0*e/, 'e')
    : size
        .toFixed(significant - 1 - exponent)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');
  return pad(sign, twoDigitExponent(text), shape, true);
}

function format(value: EvbufferPrintfArgument, conversion: string, shape: Shape): string {
  switch (conversion) {
    case 's': {
      const text = String(value);
      return pad('', shape.precision < 0 ? text : text.slice(0, shape.precision), shape, false);
    }
    case 'c':
      return pad(
        '',
        typeof value === 'string' ? value : String.fromCharCode(Number(value)),
        shape,
        false,
      );
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return formatWhole(wholeNumber(value, conversion), conversion, shape);
    case 'e':
    case 'f':
    case 'g':
      if (typeof value === 'string')
        throw new TypeError(`%${conversion} wants a number, not ${value}`);
      return formatReal(Number(value), conversion, shape);
    default:
      throw new RangeError(`%${conversion} is no conversion that can be printed`);
  }
}

/**
 * Formats as printf(3) does: `%s`, `%c`, `%d`, `%i`, `%u`, `%o`, `%x`, `%X`, `%e`, `%f`, `%g` and
 * `%%`, with flags, width and precision. Sizes such as the `l` of `%ld` are taken and mean nothing.
 *
 * @throws RangeError for another conversion, or if arguments are missing
 * @throws TypeError if an argument does not fit its conversion
 */
export function printf(text: string, args: readonly EvbufferPrintfArgument[]): string {
  let used = 0;
  const next = (): EvbufferPrintfArgument => {
    const value = args[used++];
    if (value === undefined) throw new RangeError(`too few arguments for ${JSON.stringify(text)}`);
    return value;
  };
  const sizeOf = (written: string): number => Number(written === '*' ? next() : written);
  return text.replace(
    CONVERSION,
    (_whole, flags: string, width: string, precision: string | undefined, conversion: string) => {
      if (conversion === '%') return '%';
      const size = sizeOf(width);
      const shape: Shape = {
        // A negative width given as an argument is a width and the flag that aligns to the left.
        flags: size < 0 ? `${flags}-` : flags,
        width: Math.abs(size),
        precision: precision === undefined ? -1 : sizeOf(precision),
      };
      return format(next(), conversion, shape);
    },
  );
}
