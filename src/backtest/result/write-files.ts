import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { DecisionLog } from '../engine/decision-log.js';
import type { Trade } from '../figures/trade.js';

const TRADE_COLUMNS =
  'symbol,opened_at,entry_price,closed_at,exit_price,size_base,fee_quote,pnl_quote,pnl_pct,exit_reason,source';
const DECISION_COLUMNS = 'symbol,candle_open_time,prediction,confidence,source,action,reason';

const PART_CHARACTERS = 1 << 20;

export interface RunFiles {
  readonly trades: readonly Trade[];
  readonly decisions: DecisionLog;
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

/** In parts: the text of a long run would not fit into one string. Times and texts come again and again. */
function writeDecisions(file: string, decisions: DecisionLog): void {
  const texts = new Map<string, string>();
  const quotedOnce = (text: string): string => {
    const known = texts.get(text) ?? quoted(text);
    texts.set(text, known);
    return known;
  };
  let [lastTime, timeText] = [NaN, ''];
  let part = `${DECISION_COLUMNS}\n`;
  const descriptor = openSync(file, 'w');
  try {
    for (let row = 0; row < decisions.length; row++) {
      const one = decisions.at(row);
      if (one.candleOpenTime !== lastTime) {
        lastTime = one.candleOpenTime;
        timeText = iso(lastTime);
      }
      const { symbol, prediction, confidence, source, action, reason } = one;
      part += `${quotedOnce(symbol)},${timeText},${prediction},${confidence.toFixed(2)},${source},${action},${quotedOnce(reason)}\n`;
      if (part.length < PART_CHARACTERS) continue;
      writeSync(descriptor, part);
      part = '';
    }
    writeSync(descriptor, part);
  } finally {
    closeSync(descriptor);
  }
}

/** As RFC 4180 has it, where a field needs it. */
function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
