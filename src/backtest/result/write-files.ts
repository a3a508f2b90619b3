import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Trade } from '../figures/trade.js';
import { iso, quoted } from './csv-fields.js';

const TRADE_COLUMNS =
  'symbol,opened_at,entry_price,closed_at,exit_price,size_base,fee_quote,pnl_quote,pnl_pct,exit_reason,source';

export interface RunFiles {
  readonly trades: readonly Trade[];
  readonly resultJson: string;
  readonly reportHtml: string;
}

/** Writes the files of a run that follow from its result into its folder. */
export function writeRunFiles(folder: string, files: RunFiles): void {
  writeFileSync(path.join(folder, 'trades.csv'), tradesCsv(files.trades));
  writeFileSync(path.join(folder, 'result.json'), files.resultJson);
  writeFileSync(path.join(folder, 'report.html'), files.reportHtml);
}

/** A folder that appears only once everything in it is written. */
export class NewFolder {
  readonly #folder: string;

  /** @param id its name in the parent */
  constructor(parent: string, id: string) {
    this.#folder = path.join(parent, id);
  }

  /** Where its files are written until it appears. */
  get making(): string {
    return `${this.#folder}.making`;
  }

  begin(): void {
    this.abandon();
    mkdirSync(this.making, { recursive: true });
  }

  /** @returns the folder */
  appear(): string {
    renameSync(this.making, this.#folder);
    return this.#folder;
  }

  /** Removes what was written. */
  abandon(): void {
    rmSync(this.making, { recursive: true, force: true });
  }
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
