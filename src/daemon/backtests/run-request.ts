import { SILENT_LOGGER } from '../../lib/silent-logger.js';
import { RISK_SETTINGS } from '../../../config/groups/risk.js';
import path from 'node:path';
import { propertyName, type Settings } from '../../../config/settings.js';
import { VARIANT_SETTINGS } from '../../../config/variant-settings.js';
import type { DecisionColumns } from '../../backtest/engine/decision-log.js';
import { loadFolder } from '../../backtest/history/load-folder.js';
import { loadStored } from '../../backtest/history/load-stored.js';
import type { MarketHistory } from '../../backtest/history/market-history.js';
import { withoutQuotedSpreads } from '../../backtest/history/spread-of.js';
import { reportHtml } from '../../backtest/report/report-html.js';
import { figuresJson, resultJson, type RunDescription } from '../../backtest/result/result-json.js';
import { countBars, type BacktestResult } from '../../backtest/result/to-result.js';
import {
  endOf,
  planHistory,
  runBacktest,
  type Backtest,
  type BacktestRequest,
  type PlannedHistory,
  type StoppedBacktest,
} from '../../backtest/run-backtest.js';
import type { WalkForwardOptions } from '../../backtest/walk-forward/walk-options.js';
import {
  DEFAULT_RETRAIN,
  type BacktestAsk,
  type BacktestFacts,
} from '../../domain/backtest-run.js';
import { barOpenTime, type Timeframe } from '../../domain/timeframe.js';
import type { ChildEnvironments } from '../../lib/child-environments.js';
import type { Clock } from '../../lib/clock.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import { toTradingRules } from '../to-trading-rules.js';
import { backtestsFolder } from './backtest-lock.js';
import { readAssets, RunOutput } from './run-output.js';
import type { RunRecord } from './run-record.js';

export interface RequestTools {
  /** With what `ask.set` changes. */
  readonly settings: Settings;
  /** Where the candles are stored. */
  readonly location: DatabaseLocation;
  /** `binance`, or what a daemon beside it trades at. */
  readonly venue: string;
  /** Folder that the run gets its folder in. */
  readonly parent: string;
  readonly record: RunRecord;
  readonly version: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The candles, where they are being read already. */
  readonly reading?: Promise<MarketHistory> | undefined;
  readonly onProgress: (share: number) => void;
  /** Of the processes that train. */
  readonly childEnvironments: ChildEnvironments;
  /** Told how far the training of models is. */
  readonly onTrained?: WalkForwardOptions['onProgress'];
}

export type RequestEnd =
  | {
      readonly status: 'done';
      readonly description: RunDescription;
      readonly result: BacktestResult;
      readonly figures: Readonly<Record<string, unknown>>;
      readonly folder: string;
    }
  | StoppedBacktest;

/** Settings that decide what a run does; they stand in its report. */
const REPORTED: readonly string[] = [
  'PAPER_EQUITY',
  'POSITION_FRACTION',
  'FEE_RATE',
  'STOP_LOSS_PCT',
  'TAKE_PROFIT_PCT',
  'MAX_HOLD_BARS',
  'MAX_DECISION_LAG_SEC',
  'ALLOW_FALLBACK_EXECUTION',
  'MIN_MODEL_CONFIDENCE',
  'MIN_FALLBACK_CONFIDENCE',
  'MIN_EDGE_COSTS',
  'LABEL_HORIZON_BARS',
  'BACKTEST_SPREAD_PCT',
  'BACKTEST_SLIPPAGE_PCT',
  'BACKTEST_VOLUME_SHARE',
  // A run heeds no file.
  ...Object.keys(RISK_SETTINGS).filter((name) => name !== 'HALT_FILE'),
];

/** What models are trained and chosen by. */
const REPORTED_OF_MODELS: readonly string[] = [
  ...VARIANT_SETTINGS,
  'PROMOTION_GATE',
  'CHAMPION_MIN_ROWS',
  'TRAIN_SEED',
];

/**
 * Runs what was asked for from the candles to the report, recorded as it goes.
 *
 * @throws ConfigError naming what is wrong with the span or the data
 * @throws TransientError when the disk is full
 */
export async function runRequest(ask: BacktestAsk, tools: RequestTools): Promise<RequestEnd> {
  const planned = planHistory(await loadHistory(ask, tools), ask);
  const facts = toFacts(planned, ask, tools.settings);
  const earlierSharpes = await tools.record.earlierSharpes(facts.dataHash);
  await tools.record.begin(facts);
  const output = new RunOutput(tools.parent, tools.record.uid, tools.clock);
  try {
    const onDecided = (decisions: DecisionColumns): void => output.begin(decisions);
    const backtest = await runPlanned(planned, { ask, tools, earlierSharpes, onDecided });
    if (backtest.status === 'stopped') return backtest;
    return await finish(backtest, { ask, facts, tools, output });
  } catch (error) {
    await output.abandon();
    throw error;
  }
}

/** @throws ConfigError naming the file, symbol or candles that are missing or wrong */
export function loadHistory(
  { data, symbols, timeframe }: Pick<BacktestAsk, 'data' | 'symbols' | 'timeframe'>,
  { location, venue, clock, reading }: HistoryTools,
): Promise<MarketHistory> {
  if (reading !== undefined) return reading;
  const wanted = { timeframe: timeframe as Timeframe, symbols };
  if (data !== undefined) return loadFolder({ ...wanted, folder: data }, clock);
  return loadStored({ ...wanted, location, venue });
}

type HistoryTools = Pick<RequestTools, 'location' | 'venue' | 'clock' | 'reading'>;

/** What a run over candles that are read already needs. */
export type PlannedTools = Pick<
  RequestTools,
  'settings' | 'signal' | 'onProgress' | 'clock' | 'version' | 'childEnvironments' | 'onTrained'
>;

/** A run over a part of a history under the settings. */
export async function runPlanned(
  planned: PlannedHistory,
  run: {
    readonly ask: Pick<BacktestAsk, 'bot' | 'signals' | 'retrain' | 'set'>;
    readonly tools: PlannedTools;
    readonly earlierSharpes: readonly number[];
    readonly onDecided?: BacktestRequest['onDecided'];
  },
): Promise<Backtest | StoppedBacktest> {
  const { whole, span } = planned;
  // One that is given for this run counts, whatever was quoted.
  const isSpreadGiven = Object.hasOwn(run.ask.set, 'BACKTEST_SPREAD_PCT');
  const history = isSpreadGiven ? withoutQuotedSpreads(planned.history) : planned.history;
  const { settings, signal, onProgress } = run.tools;
  const isModel = run.ask.signals === 'model';
  const allowFallbackExecution = !isModel || settings.allowFallbackExecution;
  return runBacktest({
    whole,
    history,
    span,
    rules: toTradingRules(
      { ...settings, allowFallbackExecution },
      {
        venue: history.venue,
        account: 'backtest',
        currency: history.symbols[0]?.instrument.quote ?? '',
        timeframe: history.timeframe,
        bot: run.ask.bot,
        marketSpeed: 1,
      },
    ),
    spreadPct: settings.backtestSpreadPct,
    slippagePct: settings.backtestSlippagePct,
    volumeShare: settings.backtestVolumeShare,
    horizonBars: settings.labelHorizonBars,
    earlierSharpes: run.earlierSharpes,
    models: isModel ? await toModels(whole, run) : undefined,
    logger: SILENT_LOGGER,
    signal,
    onProgress,
    onDecided: run.onDecided,
  });
}

/** Pairs as they are set: 3/24. */
function toText(value: unknown): string | number | boolean {
  return Array.isArray(value) ? value.join('/') : (value as string | number | boolean);
}

async function toModels(
  history: MarketHistory,
  {
    ask,
    tools,
  }: { readonly ask: Pick<BacktestAsk, 'bot' | 'retrain'>; readonly tools: PlannedTools },
): Promise<WalkForwardOptions> {
  const { settings, clock, version, childEnvironments } = tools;
  // Training, features and what they stand on: a run of the rules does without.
  const { toWalkForward } = await import('../to-walk-forward.js');
  return toWalkForward(settings, {
    history,
    bot: ask.bot,
    retraining: ask.retrain ?? DEFAULT_RETRAIN,
    folder: path.resolve(backtestsFolder(settings.dataDir), 'predictions'),
    childEnvironments,
    clock,
    version,
    logger: SILENT_LOGGER,
    onProgress: tools.onTrained,
  });
}

export function toFacts(
  { history, span }: PlannedHistory,
  ask: Pick<BacktestAsk, 'set' | 'signals'>,
  settings: Settings,
): BacktestFacts {
  const values = settings as Readonly<Record<string, unknown>>;
  const ofModels = ask.signals === 'model' ? REPORTED_OF_MODELS : [];
  const names = new Set<string>([...REPORTED, ...ofModels, ...Object.keys(ask.set)]);
  return {
    venue: history.venue,
    dataHash: history.dataHash,
    fromTime: barOpenTime(span.firstIndex, history.timeframe),
    toTime: endOf(span, history.timeframe),
    symbols: history.symbols.map(({ instrument }) => instrument.symbol),
    bars: countBars(history.symbols, span),
    settings: Object.fromEntries(
      [...names].map((name) => [name, toText(values[propertyName(name)])]),
    ),
    seeds: {
      figures: history.dataHash,
      ...(ask.signals === 'model' ? { training: String(settings.trainSeed) } : {}),
    },
  };
}

async function finish(
  backtest: Backtest,
  run: {
    readonly ask: BacktestAsk;
    readonly facts: BacktestFacts;
    readonly tools: RequestTools;
    readonly output: RunOutput;
  },
): Promise<RequestEnd> {
  const { result, trades, curve, history } = backtest;
  const { record } = run.tools;
  const description = describe(run);
  const figures = figuresJson(result);
  const folder = await run.output.finish(() => ({
    trades,
    resultJson: resultJson(description, result),
    reportHtml: reportHtml({
      description,
      result,
      curve,
      trades,
      symbols: history.symbols,
      assets: readAssets(),
    }),
  }));
  await record.done({ figures, sharpe: result.performance.sharpe, folder });
  return { status: 'done', description, result, figures, folder };
}

function describe({
  ask,
  facts,
  tools,
}: {
  readonly ask: BacktestAsk;
  readonly facts: BacktestFacts;
  readonly tools: RequestTools;
}): RunDescription {
  return {
    id: tools.record.uid,
    created_at: new Date(tools.clock.wallMs()).toISOString(),
    version: tools.version,
    signals: ask.signals,
    retrain: ask.signals === 'model' ? (ask.retrain ?? DEFAULT_RETRAIN) : undefined,
    from: new Date(facts.fromTime).toISOString(),
    to: new Date(facts.toTime).toISOString(),
    timeframe: ask.timeframe,
    bot: ask.bot,
    symbols: facts.symbols,
    bars: facts.bars,
    venue: facts.venue,
    data_hash: facts.dataHash,
    settings: facts.settings,
  };
}
