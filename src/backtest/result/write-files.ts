import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CODES, meaningOf, type DecisionColumns } from '../engine/decision-log.js';
import type { Trade } from '../figures/trade.js';

const TRADE_COLUMNS =
  'symbol,opened_at,entry_price,closed_at,exit_price,size_base,fee_quote,pnl_quote,pnl_pct,exit_reason,source';
const DECISION_COLUMNS = 'symbol,candle_open_time,prediction,confidence,source,action,reason';

/** Text that is made at once. */
const PART_ROWS = 256;
const BUFFER_BYTES = 1 << 19;

export interface RunFiles {
  readonly trades: readonly Trade[];
  readonly decisions: DecisionColumns;
  readonly resultJson: string;
  readonly reportHtml: string;
}

/** Writes the four files of a run into a folder of its own. @returns the folder */
export function writeRunFiles(parent: string, id: string, files: RunFiles): string {
  return writeFolder(parent, id, (folder) => {
    writeFileSync(path.join(folder, 'trades.csv'), tradesCsv(files.trades));
    writeDecisions(path.join(folder, 'decisions.csv'), files.decisions);
    writeFileSync(path.join(folder, 'result.json'), files.resultJson);
    writeFileSync(path.join(folder, 'report.html'), files.reportHtml);
  });
}

/** Makes a folder that appears only once everything in it is written. @returns the folder */
export function writeFolder(parent: string, id: string, write: (folder: string) => void): string {
  const folder = path.join(parent, id);
  const making = `${folder}.making`;
  rmSync(making, { recursive: true, force: true });
  try {
    mkdirSync(making, { recursive: true });
    write(making);
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

export function tradesCsv(trades: readonly Trade[]): string {
  const rows = trades.map((trade) =>
    [
      quoted(trade.symbol),
      iso(trade.openedAt),
      trade.entryPrice,
      iso(trade.closedAt),
      trade.exitPrice,
      trade.sizeBase,
      trade.feeQuote,
      trade.pnlQuote,
      trade.pnlFraction * 100,
      trade.exit,
      trade.source,
    ].join(','),
  );
  return [TRADE_COLUMNS, ...rows, ''].join('\n');
}

/** In parts: the text of a long run would not fit into one string. Most of a row stands in others as well. */
function writeDecisions(file: string, decisions: DecisionColumns): void {
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

/** As RFC 4180 has it, where a field needs it. */
function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
