import { refuse } from '../dialect/binance-refusal.js';

const SYMBOL = /^[A-Z0-9\-_.]{1,50}$/;
const INTEGER = /^[0-9]{1,20}$/;
const SYMBOL_RANGE = '^[A-Z0-9-_.]{1,50}$';

/** The parameters of a request, read as strictly as Binance reads them. */
export class Query {
  readonly #read = new Set<string>();

  readonly #parameters: URLSearchParams;

  constructor(parameters: URLSearchParams) {
    this.#parameters = parameters;
    for (const name of new Set(parameters.keys())) {
      if (parameters.getAll(name).length > 1) {
        throw refuse(-1101, 'Duplicate values for a parameter detected.');
      }
      if (parameters.get(name) === '') throw refuse(-1105, `Parameter '${name}' was empty.`);
    }
  }

  findText(name: string): string | undefined {
    this.#read.add(name);
    return this.#parameters.get(name) ?? undefined;
  }

  getText(name: string): string {
    const text = this.findText(name);
    if (text !== undefined) return text;
    throw refuse(
      -1102,
      `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
    );
  }

  findInteger(name: string): number | undefined {
    const text = this.findText(name);
    if (text === undefined || INTEGER.test(text)) return text === undefined ? text : Number(text);
    throw refuse(
      -1100,
      `Illegal characters found in parameter '${name}'; legal range is '^[0-9]{1,20}$'.`,
    );
  }

  /** An integer from 1 up, cut to `highest` as Binance does. */
  limit(fallback: number, highest: number): number {
    const limit = this.findInteger('limit') ?? fallback;
    if (limit < 1) throw refuse(-1130, "Data sent for parameter 'limit' is not valid.");
    return Math.min(limit, highest);
  }

  getSymbol(): string {
    this.getText('symbol');
    return this.findSymbol() ?? '';
  }

  findSymbol(): string | undefined {
    const symbol = this.findText('symbol');
    if (symbol === undefined || SYMBOL.test(symbol)) return symbol;
    throw refuse(
      -1100,
      `Illegal characters found in parameter 'symbol'; legal range is '${SYMBOL_RANGE}'.`,
    );
  }

  /** `symbol`, the JSON list `symbols`, or undefined when neither was sent. */
  findSymbols(): { readonly ids: readonly string[]; readonly isList: boolean } | undefined {
    const symbol = this.findSymbol();
    const list = this.findText('symbols');
    if (symbol !== undefined && list !== undefined) {
      throw refuse(-1128, 'Combination of optional parameters invalid.');
    }
    if (list !== undefined) return { ids: parseSymbols(list), isList: true };
    return symbol === undefined ? undefined : { ids: [symbol], isList: false };
  }

  /** Accepts any other parameter: signatures, in calls that do not need one. */
  acceptAny(): void {
    for (const name of this.#parameters.keys()) this.#read.add(name);
  }

  /** Refuses parameters that the route does not read: a misspelt one must not pass unnoticed. */
  assertAllRead(): void {
    const sent = [...new Set(this.#parameters.keys())];
    const known = sent.filter((name) => this.#read.has(name));
    if (known.length === sent.length) return;
    throw refuse(
      -1104,
      `Not all sent parameters were read; read '${known.length}' parameter(s) but was sent '${sent.length}'.`,
    );
  }
}

function parseSymbols(text: string): string[] {
  const symbols = findJson(text);
  if (Array.isArray(symbols) && symbols.length > 0 && symbols.every(isSymbol)) return symbols;
  const range = '^\\["[A-Z0-9-_.]{1,50}"(,"[A-Z0-9-_.]{1,50}"){0,}\\]$';
  throw refuse(
    -1100,
    `Illegal characters found in parameter 'symbols'; legal range is '${range}'.`,
  );
}

function findJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSymbol(value: unknown): value is string {
  return typeof value === 'string' && SYMBOL.test(value);
}
