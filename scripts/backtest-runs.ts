import path from 'node:path';
import { changeSettings } from '../config/change-settings.js';
import type { Settings } from '../config/settings.js';
import type { MarketHistory } from '../src/backtest/history/market-history.js';
import { inWords } from '../src/backtest/result/in-words.js';
import type { StoppedBacktest } from '../src/backtest/run-backtest.js';
import { parseSweeps } from '../src/backtest/sweep/grid.js';
import { backtestsFolder } from '../src/daemon/backtests/backtest-lock.js';
import { withOpenRuns, type OpenRuns, type RunsTools } from '../src/daemon/backtests/open-runs.js';
import { runRequest, type RequestEnd } from '../src/daemon/backtests/run-request.js';
import { runSweep } from '../src/daemon/backtests/sweep-request.js';
import type { BacktestAsk } from '../src/domain/backtest-run.js';
import type { ChildEnvironments } from '../src/lib/child-environments.js';
import { ConfigError } from '../src/lib/errors.js';
import { withProgress } from './backtest-progress.js';
import { sweepText } from './backtest-sweep.js';

interface RunFlags {
  readonly sweep?: readonly string[];
  readonly out?: string;
  readonly json: boolean;
}

interface Asked {
  readonly settings: Settings;
  readonly tools: RunsTools & { readonly children: ChildEnvironments };
  /** The candles, where they are being read already. */
  readonly reading: Promise<MarketHistory> | undefined;
  readonly flags: RunFlags;
}

interface Opened extends Asked {
  readonly runs: OpenRuns;
}

/** Runs what the command was asked for, and writes what came of it. @returns false when it was stopped */
export function runAsked(ask: BacktestAsk, asked: Asked): Promise<boolean> {
  const { settings, tools, flags } = asked;
  return withOpenRuns(settings, tools, (runs) =>
    flags.sweep === undefined ? runOnce(ask, { ...asked, runs }) : sweep(ask, { ...asked, runs }),
  );
}

async function runOnce(ask: BacktestAsk, opened: Opened): Promise<boolean> {
  const { runs, tools, flags, reading } = opened;
  const changed = changeSettings(opened.settings, ask.set);
  if (changed.status === 'refused') throw new ConfigError(`--set ${changed.reason}`);
  const { settings } = changed;
  const record = runs.newRecord(ask);
  const end = await record.untilFailure(() =>
    withProgress(flags.json, ({ onProgress, onTrained }) =>
      runRequest(ask, {
        settings,
        location: runs.location,
        venue: settings.exchange,
        parent: parentOf(flags, settings),
        record,
        version: tools.version,
        clock: tools.clock,
        signal: tools.signal,
        childEnvironments: tools.children,
        reading,
        onTrained,
        onProgress: (share) => {
          onProgress(share);
          record.noteProgress(share);
        },
      }),
    ),
  );
  if (end.status === 'done') return report(flags, end);
  await record.cancelled();
  process.stderr.write(`backtest: ${stoppedText(end)}\n`);
  return false;
}

function stoppedText({ training }: StoppedBacktest): string {
  if (training === undefined) return 'stopped; nothing was written';
  const { done, dates } = training;
  return `stopped; ${done} of ${dates} retraining dates are done and kept: the same command goes on from there`;
}

async function sweep(ask: BacktestAsk, opened: Opened): Promise<boolean> {
  const { settings, runs, tools, flags, reading } = opened;
  const swept = parseSweeps(flags.sweep ?? []);
  const parent = parentOf(flags, settings);
  const { signal, version, clock, children: childEnvironments } = tools;
  const venue = settings.exchange;
  const where = { settings, runs, parent, venue, reading };
  const own = { ...where, signal, version, clock, childEnvironments };
  const end = await withProgress(flags.json, (listeners) =>
    runSweep(ask, swept, { ...own, ...listeners }),
  );
  process.stdout.write(sweepText(swept, end, { isJson: flags.json }));
  if (end.summary.runs.length === end.wanted) return true;
  process.stderr.write(
    `backtest: stopped after ${end.summary.runs.length} of ${end.wanted} runs, which are kept\n`,
  );
  return false;
}

function parentOf({ out }: RunFlags, { dataDir }: Settings): string {
  return path.resolve(out ?? backtestsFolder(dataDir));
}

function report({ json }: RunFlags, end: Extract<RequestEnd, { status: 'done' }>): true {
  const { description, result, figures, folder } = end;
  const lines = json
    ? [JSON.stringify({ ...description, folder, figures })]
    : [...inWords(description, result), `Report: ${path.join(folder, 'report.html')}`];
  process.stdout.write(`${lines.join('\n')}\n`);
  return true;
}
