import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DecisionLog } from '../engine/decision-log.js';
import type { Trade } from '../figures/trade.js';

const TRADE_COLUMNS =
  'symbol,opened_at,entry_price,closed_at,exit_price,size_base,fee_quote,pnl_quote,pnl_pct,exit_reason,source';
const DECISION_COLUMNS = 'symbol,candle_open_time,prediction,confidence,source,action,reason';

const ROWS_A_PART = 50_000;

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

/** In parts: the text of a long run would not fit into one string. */
function writeDecisions(file: string, decisions: DecisionLog): void {
  let lines = [DECISION_COLUMNS];
  let flag = 'w';
  for (let row = 0; row < decisions.length; row++) {
    const one = decisions.at(row);
    const { symbol, candleOpenTime, prediction, confidence, source, action, reason } = one;
    lines.push(
      `${quoted(symbol)},${iso(candleOpenTime)},${prediction},${confidence.toFixed(2)},${source},${action},${quoted(reason)}`,
    );
    if (lines.length < ROWS_A_PART) continue;
    writeFileSync(file, `${lines.join('\n')}\n`, { flag });
    lines = [];
    flag = 'a';
  }
  if (lines.length > 0) writeFileSync(file, `${lines.join('\n')}\n`, { flag });
}

/** As RFC 4180 has it, where a field needs it. */
function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
