import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { changeSettings } from '../../../config/change-settings.js';
import type { Settings } from '../../../config/settings.js';
import { figuresJson } from '../../backtest/result/result-json.js';
import { NewFolder } from '../../backtest/result/write-files.js';
import { planHistory, type PlannedHistory } from '../../backtest/run-backtest.js';
import { toGrid, type GridPoint, type SweptSetting } from '../../backtest/sweep/grid.js';
import { sweepHtml } from '../../backtest/sweep/sweep-html.js';
import { SweepCollector, type SweepSummary } from '../../backtest/sweep/sweep-summary.js';
import type { BacktestAsk } from '../../domain/backtest-run.js';
import type { ChildEnvironments } from '../../lib/child-environments.js';
import type { Clock } from '../../lib/clock.js';
import { ConfigError } from '../../lib/errors.js';
import type { OpenRuns } from './open-runs.js';
import {
  loadHistory,
  runPlanned,
  toFacts,
  type PlannedTools,
  type RequestTools,
} from './run-request.js';
import { onDisk, readReportFile } from './run-output.js';

export interface SweepTools {
  readonly settings: Settings;
  readonly runs: OpenRuns;
  readonly venue: string;
  /** Folder that the sweep gets its folder in. */
  readonly parent: string;
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
  readonly version: string;
  readonly clock: Clock;
  readonly childEnvironments: ChildEnvironments;
  readonly reading?: RequestTools['reading'];
  readonly onTrained?: PlannedTools['onTrained'];
}

export interface SweepEnd {
  readonly id: string;
  readonly summary: SweepSummary;
  /** Runs of the grid; fewer are in the summary where it was stopped. */
  readonly wanted: number;
  readonly folder: string;
}

interface SweepPlan {
  readonly ask: BacktestAsk;
  readonly point: GridPoint;
  readonly settings: Settings;
}

/**
 * Runs every combination of the swept settings over the same candles; each is recorded, and a try on them. What is done
 * when the signal aborts is kept.
 *
 * @throws ConfigError naming what is wrong, before anything runs
 */
export async function runSweep(
  ask: BacktestAsk,
  swept: readonly SweptSetting[],
  tools: SweepTools,
): Promise<SweepEnd> {
  const plans = toGrid(swept).map((point) => toPlan(ask, point, tools.settings));
  const { location } = tools.runs;
  const { venue, clock, reading } = tools;
  const planned = planHistory(await loadHistory(ask, { location, venue, clock, reading }), ask);
  const collector = new SweepCollector();
  let done = 0;
  for (const plan of plans) {
    if (tools.signal.aborted) break;
    await runOne(plan, planned, { collector, tools, done, wanted: plans.length });
    done += 1;
  }
  const summary = collector.summary();
  const { uid: id } = tools.runs.newRecord(ask);
  const folder = await write(id, { swept, summary, parent: tools.parent });
  return { id, summary, wanted: plans.length, folder };
}

function toPlan(ask: BacktestAsk, point: GridPoint, settings: Settings): SweepPlan {
  const both = Object.keys(point).find((name) => Object.hasOwn(ask.set, name));
  if (both !== undefined) {
    throw new ConfigError(`${both} is given by --set and by --sweep: leave one of them out`);
  }
  const set = { ...ask.set, ...point };
  const changed = changeSettings(settings, set);
  if (changed.status === 'refused') throw new ConfigError(`--sweep ${changed.reason}`);
  return { ask: { ...ask, set }, point, settings: changed.settings };
}

async function runOne(
  { ask, point, settings }: SweepPlan,
  planned: PlannedHistory,
  sweep: {
    readonly collector: SweepCollector;
    readonly tools: SweepTools;
    readonly done: number;
    readonly wanted: number;
  },
): Promise<void> {
  const { collector, done, wanted } = sweep;
  const { runs, onProgress } = sweep.tools;
  const facts = toFacts(planned, ask, settings);
  const earlierSharpes = await runs.store.listSharpes(facts.dataHash);
  const record = runs.newRecord(ask);
  await record.begin(facts);
  const backtest = await record.untilFailure(() =>
    runPlanned(planned, {
      ask,
      tools: {
        ...sweep.tools,
        settings,
        onProgress: (share) => {
          onProgress((done + share) / wanted);
          record.noteProgress(share);
        },
      },
      earlierSharpes,
    }),
  );
  if (backtest.status === 'stopped') return record.cancelled();
  const { result } = backtest;
  const { sharpe } = result.performance;
  await record.done({ figures: figuresJson(result), sharpe, folder: undefined });
  collector.add(record.uid, point, result);
}

function write(
  id: string,
  sweep: {
    readonly swept: readonly SweptSetting[];
    readonly summary: SweepSummary;
    readonly parent: string;
  },
): Promise<string> {
  const { swept, summary, parent } = sweep;
  const css = readReportFile('report.css');
  const html = sweepHtml({ title: `Sweep ${id}`, swept, summary, css });
  return onDisk(parent, () => {
    const folder = new NewFolder(parent, id);
    try {
      folder.begin();
      writeFileSync(path.join(folder.making, 'sweep.html'), html);
      const json = `${JSON.stringify({ id, ...summary }, undefined, 2)}\n`;
      writeFileSync(path.join(folder.making, 'sweep.json'), json);
      return folder.appear();
    } catch (error) {
      folder.abandon();
      throw error;
    }
  });
}
