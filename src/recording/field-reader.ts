const NEW_LINE = 0x0a;
const RETURN = 0x0d;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;

/** Integers up to here are exact as doubles, and so is their quotient by a power of ten up to 10^22, once rounded. */
const MAX_EXACT = Number.MAX_SAFE_INTEGER / 10 - 1;
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
    const end = this.#lineEnd();
    const isEnd = this.#at === end || (this.#bytes[this.#at] === RETURN && this.#at + 1 === end);
    this.#at = end + 1;
    return isEnd ? value : NaN;
  }

  #parse(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let point = -1;
    let mantissa = 0;
    for (; ; at++) {
      const byte = bytes[at] ?? NEW_LINE;
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (mantissa > MAX_EXACT) return this.#parseText(start);
        mantissa = mantissa * 10 + digit;
      } else if (byte === POINT && point < 0) point = at;
      else if (byte === COMMA || byte === NEW_LINE || byte === RETURN) break;
      else return this.#parseText(start);
    }
    this.#at = at;
    if (at - start === (point < 0 ? 0 : 1)) return NaN;
    const decimals = point < 0 ? 0 : at - point - 1;
    if (decimals === 0) return mantissa;
    return decimals <= MAX_DECIMALS ? mantissa / (POWERS[decimals] ?? NaN) : this.#parseText(start);
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
