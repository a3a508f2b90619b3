const NEW_LINE = 0x0a;
const RETURN = 0x0d;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;

/** A safe integer by a power of ten up to this one, both exact as doubles, is a quotient that is rounded once. */
const MAX_DECIMALS = 22;
const POWERS = Array.from({ length: MAX_DECIMALS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * Reads the numbers of a file of plain comma-separated rows, without making a text of each field. The result is the
 * one of `Number(field)` to the last bit; a field that is empty, missing or one too many makes NaN.
 */
export class FieldReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#end = endOfText(bytes);
  }

  /** Where the next field begins. */
  get position(): number {
    return this.#at;
  }

  /** The line that begins at a position. */
  textAt(position: number): string {
    const end = this.#bytes.indexOf(NEW_LINE, position);
    return this.#bytes.toString('latin1', position, end < 0 ? this.#end : end).trimEnd();
  }

  /** The rest of the line as text. */
  readLine(): string {
    const end = this.#lineEnd();
    const text = this.#bytes.toString('latin1', this.#at, end).trimEnd();
    this.#at = end + 1;
    return text;
  }

  /** Lines that are left; empty ones at the end do not count. */
  countLines(): number {
    let lines = 0;
    for (let at = this.#at; at < this.#end; lines++) {
      const end = this.#bytes.indexOf(NEW_LINE, at);
      at = end < 0 ? this.#end : end + 1;
    }
    return lines;
  }

  /** A number that a comma ends. */
  readNumber(): number {
    const value = this.#parse();
    if (this.#bytes[this.#at] !== COMMA) return NaN;
    this.#at += 1;
    return value;
  }

  /** A number that the line ends; goes on to the next line whatever follows. */
  readLastNumber(): number {
    const value = this.#parse();
    if (this.#bytes[this.#at] === NEW_LINE) {
      this.#at += 1;
      return value;
    }
    const end = this.#lineEnd();
    const isEnd = this.#at === end || (this.#bytes[this.#at] === RETURN && this.#at + 1 === end);
    this.#at = end + 1;
    return isEnd ? value : NaN;
  }

  #parse(): number {
    const start = this.#at;
    let mantissa = this.#readDigits();
    let [digits, decimals] = [this.#at - start, 0];
    if (this.#bytes[this.#at] === POINT) {
      this.#at += 1;
      const from = this.#at;
      const fraction = this.#readDigits();
      decimals = this.#at - from;
      digits += decimals;
      mantissa = mantissa * (POWERS[decimals] ?? NaN) + fraction;
    }
    const byte = this.#bytes[this.#at] ?? NEW_LINE;
    const isPlain = byte === COMMA || byte === NEW_LINE || byte === RETURN;
    if (!isPlain || !(mantissa <= Number.MAX_SAFE_INTEGER)) return this.#parseText(start);
    if (digits === 0) return NaN;
    return decimals === 0 ? mantissa : mantissa / (POWERS[decimals] ?? NaN);
  }

  #readDigits(): number {
    const bytes = this.#bytes;
    let [at, value] = [this.#at, 0];
    for (;;) {
      const digit = (bytes[at] ?? NEW_LINE) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at += 1;
    }
    this.#at = at;
    return value;
  }

  /** Exponents, signs, spaces, more digits than are exact, and what is no number at all. */
  #parseText(start: number): number {
    let end = start;
    while (end < this.#end && this.#bytes[end] !== COMMA && this.#bytes[end] !== NEW_LINE) end += 1;
    const text = this.#bytes.toString('latin1', start, end).trim();
    this.#at = end;
    return text === '' ? NaN : Number(text);
  }

  #lineEnd(): number {
    const end = this.#bytes.indexOf(NEW_LINE, this.#at);
    return end < 0 || end > this.#end ? this.#end : end;
  }
}

/** Where the last line that holds anything ends. */
function endOfText(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] ?? 0) <= 0x20) end -= 1;
  return end;
}
