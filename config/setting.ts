/** Which clock a duration runs by: the venue's or this machine's. */
export type DurationClock = 'market' | 'wall';

interface Description {
  readonly help: string;
  /** Unit of the value, where it has one: `bars`, `seconds`, `percent`. */
  readonly unit?: string | undefined;
  readonly clock?: DurationClock | undefined;
}

/** One environment variable: how its text is read and what it means. */
export interface Setting<T> extends Description {
  /** Value where the variable is not given. */
  readonly defaultValue: T;
  /** What a value must look like, for the message that refuses another. */
  readonly expected: string;
  /** True for passwords and tokens: their values are never printed. */
  readonly isSecret?: boolean;
  /** True where a variable that is set to nothing counts as given. */
  readonly mayBeEmpty?: boolean;
  /** Reads the trimmed text; undefined refuses it. */
  readonly read: (text: string) => T | undefined;
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

type With<T> = Description & { readonly default: T };

/** Free text; empty text stands for nothing given. */
export function text(options: With<string>): Setting<string> {
  return describe(options, 'text', (value) => value);
}

/** Text that may be left out. */
export function optionalText(options: Description): Setting<string | undefined> {
  return describe({ ...options, default: undefined }, 'text', (value) => value);
}

/** Text that is never printed. Set to nothing it counts as given, and empty. */
export function secret(options: Description): Setting<string | undefined> {
  const setting = describe({ ...options, default: undefined }, 'text', (value) => value);
  return { ...setting, isSecret: true, mayBeEmpty: true };
}

/** A secret with a form of its own; set to nothing it counts as left out. */
export function secretOf(
  options: Description & {
    readonly expected: string;
    readonly read: (text: string) => string | undefined;
  },
): Setting<string | undefined> {
  const { expected, read } = options;
  const setting = describe<string | undefined>({ ...options, default: undefined }, expected, read);
  return { ...setting, isSecret: true };
}

export function integer(options: With<number> & Bounds): Setting<number> {
  return describe(options, `a whole number${boundsText(options)}`, (value) =>
    /^[+-]?\d+$/.test(value) ? within(Number(value), options) : undefined,
  );
}

export function number(options: With<number> & Bounds): Setting<number> {
  return describe(options, `a number${boundsText(options)}`, (value) =>
    isDecimal(value) ? within(Number(value), options) : undefined,
  );
}

/** A number, or `auto` for a value that is worked out from others. */
export function numberOrAuto(
  options: Description & Bounds & { readonly isWhole?: boolean },
): Setting<number | 'auto'> {
  const kind = options.isWhole === true ? 'a whole number' : 'a number';
  const read = (value: string): number | 'auto' | undefined => {
    if (value.toLowerCase() === 'auto') return 'auto';
    if (!isDecimal(value)) return undefined;
    const parsed = Number(value);
    if (options.isWhole === true && !Number.isInteger(parsed)) return undefined;
    return within(parsed, options);
  };
  return describe({ ...options, default: 'auto' }, `auto, or ${kind}${boundsText(options)}`, read);
}

export function optionalNumber(options: Description & Bounds): Setting<number | undefined> {
  return describe({ ...options, default: undefined }, `a number${boundsText(options)}`, (value) =>
    isDecimal(value) ? within(Number(value), options) : undefined,
  );
}

export function flag(options: With<boolean>): Setting<boolean> {
  return describe(options, 'true or false', (value) => FLAG_WORDS.get(value.toLowerCase()));
}

export function choice<const T extends string>(
  options: With<T> & { readonly among: readonly T[] },
): Setting<T> {
  const read = (value: string): T | undefined =>
    options.among.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
  return describe(options, `one of ${options.among.join(', ')}`, read);
}

/** Values separated by commas; doubles are taken once. */
export function list(
  options: With<readonly string[]> & { readonly mayBeEmpty?: boolean },
): Setting<readonly string[]> {
  const read = (value: string): readonly string[] | undefined => {
    const items = value.split(',').map((item) => item.trim());
    const named = [...new Set(items.filter((item) => item !== ''))];
    return named.length === 0 && options.mayBeEmpty !== true ? undefined : named;
  };
  return describe(options, 'values separated by commas', read);
}

/** A setting with a reader of its own. */
export function custom<T>(
  options: With<T> & {
    readonly expected: string;
    readonly read: (text: string) => T | undefined;
  },
): Setting<T> {
  return describe(options, options.expected, options.read);
}

const FLAG_WORDS = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

function describe<T>(
  options: With<T>,
  expected: string,
  read: (text: string) => T | undefined,
): Setting<T> {
  return {
    help: options.help,
    defaultValue: options.default,
    expected,
    read,
    unit: options.unit,
    clock: options.clock,
  };
}

function isDecimal(value: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(value);
}

function within(value: number, { min = -Infinity, max = Infinity }: Bounds): number | undefined {
  return Number.isFinite(value) && value >= min && value <= max ? value : undefined;
}

function boundsText({ min, max }: Bounds): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` from ${min} up`;
  return max === undefined ? '' : ` up to ${max}`;
}
