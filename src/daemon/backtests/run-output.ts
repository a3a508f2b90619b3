import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { DecisionColumns } from '../../backtest/engine/decision-log.js';
import type { ReportAssets } from '../../backtest/report/report-html.js';
import { writeDecisions } from '../../backtest/result/write-decisions.js';
import { NewFolder, writeRunFiles, type RunFiles } from '../../backtest/result/write-files.js';
import type { Clock } from '../../lib/clock.js';
import { isDiskFull, isDiskFullError } from '../../lib/disk-space.js';
import { TransientError } from '../../lib/errors.js';
import { PROJECT_DIR } from '../project-dir.js';

/** The folder of a run. Its decisions are written while the figures are computed, the rest once they are known. */
export class RunOutput {
  readonly #parent: string;
  readonly #folder: NewFolder;
  readonly #clock: Clock;
  #writing: Promise<void> | undefined;

  constructor(parent: string, id: string, clock: Clock) {
    this.#parent = parent;
    this.#folder = new NewFolder(parent, id);
    this.#clock = clock;
  }

  begin(decisions: DecisionColumns): void {
    this.#writing = onDisk(this.#parent, () => {
      this.#folder.begin();
      const file = path.join(this.#folder.making, 'decisions.csv');
      return writeDecisions({ file, decisions }, this.#clock);
    });
    // It is waited for at the end.
    this.#writing.catch(() => undefined);
  }

  /**
   * @returns the folder
   * @throws TransientError when its disk is full
   */
  finish(files: () => RunFiles): Promise<string> {
    return onDisk(this.#parent, async () => {
      writeRunFiles(this.#folder.making, files());
      await this.#writing;
      return this.#folder.appear();
    });
  }

  /** Removes what was written. */
  async abandon(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    this.#folder.abandon();
  }
}

/** @throws TransientError naming the folder whose disk is full */
export async function onDisk<T>(folder: string, write: () => T | Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isDiskFullError(error) && !isDiskFull(folder)) throw error;
    throw new TransientError(
      `The disk of ${folder} is full: free some space or give another with --out. Nothing was kept`,
      { cause: error },
    );
  }
}

export function readAssets(): ReportAssets {
  const library = createRequire(import.meta.url).resolve('lightweight-charts/package.json');
  const charts = path.join(
    path.dirname(library),
    'dist/lightweight-charts.standalone.production.js',
  );
  return {
    css: readReportFile('report.css'),
    script: readReportFile('report.js'),
    charts: readFileSync(charts, 'utf8'),
  };
}

export function readReportFile(name: string): string {
  return readFileSync(path.join(PROJECT_DIR, 'dashboard', 'report', name), 'utf8');
}
