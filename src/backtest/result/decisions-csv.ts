import { closeSync, openSync, writeFileSync } from 'node:fs';
import { CODES, meaningOf, type DecisionColumns } from '../engine/decision-log.js';
import { iso, quoted } from './csv-fields.js';

const DECISION_COLUMNS = 'symbol,candle_open_time,prediction,confidence,source,action,reason';

/** Text that is made at once. */
const PART_ROWS = 256;
const BUFFER_BYTES = 1 << 19;

/** Writes `decisions.csv` in parts: the text of a long run would not fit into one string. Most of a row stands in others as well. */
export function writeDecisionsCsv(file: string, decisions: DecisionColumns): void {
  const output = new TextFile(file);
  try {
    output.write(`${DECISION_COLUMNS}\n`);
    const textOf = rowTexts(decisions);
    for (let from = 0; from < decisions.length; from += PART_ROWS) {
      const to = Math.min(from + PART_ROWS, decisions.length);
      let part = '';
      for (let row = from; row < to; row++) part += textOf(row);
      output.write(part);
    }
    output.flush();
  } finally {
    output.close();
  }
}

/** @returns the line of a row; to be asked for in their order */
function rowTexts(decisions: DecisionColumns): (row: number) => string {
  const { symbols, reasons, candleOpenTimes, confidences, codes } = decisions;
  const texts = decisions.texts.map(quoted);
  const meanings = Array.from({ length: CODES }, (_, code) => meaningOf(code));
  const predictions = meanings.map(({ prediction }) => `,${prediction},`);
  const causes = meanings.map(({ source, action }) => `,${source},${action},`);
  let [lastTime, time] = [NaN, ''];
  return (row) => {
    const openTime = candleOpenTimes[row] ?? NaN;
    if (openTime !== lastTime) {
      lastTime = openTime;
      time = `,${iso(openTime)}`;
    }
    const code = codes[row] ?? 0;
    const [symbol, reason] = [texts[symbols[row] ?? 0], texts[reasons[row] ?? 0]];
    const confidence = (confidences[row] ?? NaN).toFixed(2);
    return `${symbol}${time}${predictions[code]}${confidence}${causes[code]}${reason}\n`;
  };
}

/** A file that texts are written to through a buffer. */
class TextFile {
  readonly #descriptor: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #used = 0;

  constructor(file: string) {
    this.#descriptor = openSync(file, 'w');
  }

  write(text: string): void {
    // A character takes three bytes at most, as UTF-8.
    const mostBytes = 3 * text.length;
    if (this.#used + mostBytes > BUFFER_BYTES) this.flush();
    if (mostBytes > BUFFER_BYTES) writeFileSync(this.#descriptor, text);
    else this.#used += this.#buffer.write(text, this.#used);
  }

  flush(): void {
    writeFileSync(this.#descriptor, this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
