import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { meaningOf } from '../../src/backtest/engine/decision-log.js';
import { spanOf } from '../../src/backtest/engine/run-engine.js';
import type { MarketHistory } from '../../src/backtest/history/market-history.js';
import type { Backtest } from '../../src/backtest/run-backtest.js';
import type { KeptPeriod } from '../../src/backtest/walk-forward/kept-period.js';
import { walkForward, type WalkResult } from '../../src/backtest/walk-forward/walk-forward.js';
import { barIndex } from '../../src/domain/timeframe.js';
import { FALLBACK_REASONS } from '../../src/domain/signal.js';
import { ConfigError, TransientError } from '../../src/lib/errors.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { RULES } from './backtest-runs.js';
import {
  backtestModels,
  BEGIN,
  HOUR_MS,
  plantedHistory,
  walkOptions,
  type WalkSettings,
} from './walk-runs.js';

/** Trainers run at the lowest priority: beside other programs they take many times as long. */
const TIMEOUT_MS = 900_000;
/** Bars before the first retraining date: the features' depth and the training window. */
const BEFORE = 1_700;
const WEEK_BARS = 168;
const fromMs = BEGIN + BEFORE * HOUR_MS;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-walk-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Bots, the bars that their first training needs before it, and how many models three symbols get. */
const EACH_BOT: readonly {
  readonly bot: string;
  readonly before: number;
  readonly models: number;
  readonly changes: WalkSettings['changes'];
}[] = [
  { bot: 'catboost', before: BEFORE, models: 3, changes: {} },
  { bot: 'catboost_regressor', before: BEFORE, models: 3, changes: {} },
  // It counts days: three symbols have four hundred after five months.
  { bot: 'random_forest', before: 230 * 24, models: 1, changes: { historyDays: 200 } },
];

type Done = Extract<WalkResult, { status: 'done' }>;

async function walk(
  history: MarketHistory,
  settings: WalkSettings,
  { signal = new AbortController().signal, beginMs = fromMs } = {},
): Promise<WalkResult> {
  const { lastIndex } = spanOf(history.symbols);
  const span = { firstIndex: barIndex(beginMs, '1h'), lastIndex };
  const options = walkOptions(history, settings);
  return walkForward({ history, span, options, logger: SILENT_LOGGER, signal });
}

async function walkToEnd(
  history: MarketHistory,
  settings: WalkSettings,
  beginMs = fromMs,
): Promise<Done> {
  const result = await walk(history, settings, { beginMs });
  if (result.status === 'stopped') throw new Error('stopped');
  return result;
}

/** What was said and decided, without the names of models and the time that fits took. */
function essence(periods: readonly KeptPeriod[]): unknown {
  return periods.map(({ at, training, symbols }) => ({
    at,
    keys: training.keys,
    symbols: symbols.map(({ model, ...said }) => ({ ...said, horizon: model?.horizonBars })),
  }));
}

/** The first bars alone: the generator counts back from the end, so that a shorter history is another walk. */
function cutOff(history: MarketHistory, length: number): MarketHistory {
  const symbols = history.symbols.map((one) => ({ ...one, columns: { ...one.columns, length } }));
  return { ...history, symbols };
}

/** The history with other candles from a bar on. */
function changedFrom(history: MarketHistory, index: number): MarketHistory {
  const bars = history.symbols[0]?.columns.length ?? 0;
  const other = plantedHistory({ symbols: 3, bars, momentum: 0.6, seed: 9 });
  const symbols = history.symbols.map((one, at) => {
    const { columns } = one;
    const from = index - columns.firstIndex;
    const mix = (own: Float64Array, theirs: Float64Array | undefined): Float64Array =>
      own.map((value, bar) => (bar < from ? value : (theirs?.[bar] ?? NaN)));
    const theirs = other.symbols[at]?.columns;
    const changed = {
      ...columns,
      open: mix(columns.open, theirs?.open),
      high: mix(columns.high, theirs?.high),
      low: mix(columns.low, theirs?.low),
      close: mix(columns.close, theirs?.close),
      volume: mix(columns.volume, theirs?.volume),
    };
    return { ...one, columns: changed };
  });
  return { ...history, symbols };
}

describe.skipIf(!HAS_PYTHON)('models trained walk-forward', () => {
  const twoWeeks = { symbols: 3, bars: BEFORE + 2 * WEEK_BARS, momentum: 0.6 };
  const history = plantedHistory(twoWeeks);
  /** A backtest of that history, which several tests compare others with, and what was said in it. */
  const whole = { folder: '', jobs: { count: 0 } };
  let first: Backtest;
  let said: Done;

  beforeAll(async () => {
    whole.folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-walk-whole-'));
    first = await backtestModels(history, whole, { fromMs });
    said = await walkToEnd(history, whole);
  }, TIMEOUT_MS);

  afterAll(() => rmSync(whole.folder, { recursive: true, force: true }));

  it.each(EACH_BOT)(
    'say the same before a candle that is changed, bit for bit, and something else after it: $bot',
    async ({ bot, before, models, changes }) => {
      const isWhole = bot === 'catboost';
      const history = plantedHistory({ ...twoWeeks, bars: before + 2 * WEEK_BARS });
      const beginMs = BEGIN + before * HOUR_MS;
      const changeAt = barIndex(beginMs, '1h') + 100;
      const settings = {
        folder: isWhole ? whole.folder : path.join(folder, 'own'),
        changes: { ...changes, bots: [bot] },
      };
      const own = isWhole ? said : await walkToEnd(history, settings, beginMs);
      const other = await walkToEnd(
        changedFrom(history, changeAt),
        { ...settings, folder: path.join(folder, 'other') },
        beginMs,
      );
      const [first, second] = own.found;
      const [otherFirst, otherSecond] = other.found;
      expect(otherFirst?.training.keys).toEqual(first?.training.keys);
      expect(first?.training.keys.map(({ outcome }) => outcome)).toEqual(
        Array.from({ length: models }, () => 'promoted'),
      );
      expect(first?.symbols.length).toBe(3);
      for (const [at, ours] of (first?.symbols ?? []).entries()) {
        const theirs = otherFirst?.symbols[at];
        const bars = changeAt - ours.firstIndex;
        expect(ours.reasons.slice(0, bars)).toContain(-1);
        for (const column of ['reasons', 'directions', 'confidences', 'expectedReturns'] as const) {
          expect(theirs?.[column].slice(0, bars)).toEqual(ours[column].slice(0, bars));
        }
        expect(theirs?.probabilities.slice(0, 3 * bars)).toEqual(
          ours.probabilities.slice(0, 3 * bars),
        );
        expect(theirs?.probabilities.slice(3 * bars)).not.toEqual(
          ours.probabilities.slice(3 * bars),
        );
      }
      expect(otherSecond?.training.keys).not.toEqual(second?.training.keys);

      const rules = { ...RULES, allowFallbackExecution: false, bot };
      const { result } = await backtestModels(history, settings, { fromMs: beginMs, rules });
      expect(result.models).toMatchObject({ dates: 2, keptDates: 2 });
      expect(result.models?.answeredBars).toBeGreaterThan(WEEK_BARS);
    },
    TIMEOUT_MS,
  );

  it(
    'are kept: a run with other trading settings or another end trains nothing',
    async () => {
      const { folder, jobs } = whole;
      // Two base models and three residuals on each.
      expect(jobs.count).toBe(8);
      expect(first.result.models).toMatchObject({ dates: 2, keptDates: 0 });
      const rules = { ...RULES, allowFallbackExecution: false, stopLossPct: 0.5 };
      const second = await backtestModels(history, { folder, jobs }, { fromMs, rules });
      expect(jobs.count).toBe(8);
      expect(second.result.models).toMatchObject({ dates: 2, keptDates: 2 });
      expect(second.result.models?.answeredBars).toBe(first.result.models?.answeredBars);
      expect(second.trades).not.toEqual(first.trades);
      const toMs = fromMs + 200 * HOUR_MS;
      const shorter = await backtestModels(history, { folder, jobs }, { fromMs, toMs });
      expect([jobs.count, shorter.result.models?.keptDates]).toEqual([8, 2]);
      const changes = { labelHorizonBars: 6 };
      await backtestModels(history, { folder, jobs, changes }, { fromMs });
      expect(jobs.count).toBe(16);
    },
    TIMEOUT_MS,
  );

  it(
    'go on after candles that came since, without training the dates before again',
    async () => {
      const jobs = { count: 0 };
      await walkToEnd(cutOff(history, BEFORE + 240), { folder, jobs });
      expect(jobs.count).toBe(8);
      const more = await walkToEnd(history, { folder, jobs });
      expect(jobs.count).toBe(8);
      expect(essence(more.found)).toEqual(essence(said.found));
    },
    TIMEOUT_MS,
  );

  it(
    'stopped in the middle of a training go on to the result of a run that was not',
    async () => {
      const controller = new AbortController();
      const stopped = await walk(
        history,
        {
          folder: path.join(folder, 'stopped'),
          onProgress: ({ done, share }) => {
            if (done === 1 && share > 0.3) controller.abort();
          },
        },
        { signal: controller.signal },
      );
      expect(stopped).toEqual({ status: 'stopped', done: 1, dates: 2 });
      const resumed = await walkToEnd(history, { folder: path.join(folder, 'stopped') });
      expect(resumed.kept).toBe(1);
      expect(essence(resumed.found)).toEqual(essence(said.found));
    },
    TIMEOUT_MS,
  );

  it(
    'are trained again where the machine lost a trainer, and named where it loses each',
    async () => {
      const oneWeek = cutOff(history, BEFORE + WEEK_BARS);
      const jobs = { count: 0 };
      const settings = { folder: path.join(folder, 'lost'), jobs };
      // The base model and a residual: both leave the session with other models than it would have.
      const lost = await walkToEnd(oneWeek, {
        ...settings,
        isLost: (job) => job === 1 || job === 7,
      });
      expect(essence(lost.found)).toEqual(essence(said.found.slice(0, 1)));
      const never = walkToEnd(oneWeek, { folder: path.join(folder, 'never'), isLost: () => true });
      await expect(never).rejects.toThrow(TransientError);
      await expect(never).rejects.toThrow(
        /models of 2024-03-11 20:00 could not be trained .*not ready/,
      );
    },
    TIMEOUT_MS,
  );

  it(
    'leave the bars before the first model to the rules, as untrained, and count what waited',
    async () => {
      const history = plantedHistory({ symbols: 1, bars: 900, momentum: 0.6 });
      const settings = { folder, changes: { pooling: 'off' } } as const;
      const { result, run } = await backtestModels(history, settings);
      const { models } = result;
      // The history is not known to begin with its market, so the features' depth comes first.
      const reasons = new Map(models?.fallbackBars.map(({ reason, count }) => [reason, count]));
      expect(reasons.get('untrained')).toBeGreaterThanOrEqual(5 * WEEK_BARS);
      expect(models?.outcomes.waiting).toBe(6);
      expect(models?.answeredBars).toBe(0);
      expect(meaningOf(run.decisions.columns.codes[0] ?? 0)).toMatchObject({ source: 'fallback' });
    },
    TIMEOUT_MS,
  );

  it(
    'do without symbols that are not listed yet or have ended, and train the others',
    async () => {
      const [listed, late, early] = history.symbols;
      if (listed === undefined || late === undefined || early === undefined)
        throw new Error('none');
      const lateFrom = BEFORE + 20;
      const earlyTo = BEFORE + 100;
      const { columns } = late;
      const cut = (values: Float64Array): Float64Array => values.slice(lateFrom);
      const lateColumns = {
        ...columns,
        firstIndex: columns.firstIndex + lateFrom,
        length: columns.length - lateFrom,
        open: cut(columns.open),
        high: cut(columns.high),
        low: cut(columns.low),
        close: cut(columns.close),
        volume: cut(columns.volume),
        state: columns.state.slice(lateFrom),
        firstBarIndex: columns.firstIndex + lateFrom,
      };
      const symbols = [
        listed,
        { ...late, columns: lateColumns },
        { ...early, columns: { ...early.columns, length: earlyTo } },
      ];
      const { found } = await walkToEnd({ ...history, symbols }, { folder });
      const outcomes = found.map(({ training }) =>
        Object.fromEntries(training.keys.map(({ symbol, outcome }) => [symbol, outcome])),
      );
      expect(outcomes[0]).toEqual({
        'S0/USDT': 'promoted',
        'S1/USDT': 'waiting',
        'S2/USDT': 'promoted',
      });
      expect(outcomes[1]).toMatchObject({ 'S1/USDT': 'waiting', 'S2/USDT': 'waiting' });
      const untrained = FALLBACK_REASONS.indexOf('untrained');
      const lateSaid = found[1]?.symbols.find(({ symbol }) => symbol === 'S1/USDT');
      expect(new Set(lateSaid?.reasons)).toEqual(new Set([untrained]));
      expect(found[1]?.symbols.map(({ symbol }) => symbol)).toEqual(['S0/USDT', 'S1/USDT']);
    },
    TIMEOUT_MS,
  );

  it('say that there are too few candles before anything is trained', async () => {
    const history = plantedHistory({ symbols: 2, bars: 500, momentum: 0.6 });
    const request = { fromMs: BEGIN + 100 * HOUR_MS, toMs: BEGIN + 200 * HOUR_MS };
    const running = backtestModels(history, { folder }, request);
    await expect(running).rejects.toThrow(ConfigError);
    await expect(running).rejects.toThrow(
      /no symbol has more than 100 candles before it, and 400 are needed/,
    );
  });

  it(
    'earn by a pattern that is there, and nothing without it, where the gate refuses them',
    async () => {
      const without = await backtestModels(
        plantedHistory({ ...twoWeeks, momentum: 0 }),
        { folder, changes: { promotionGate: 'strict' } },
        { fromMs },
      );
      expect(first.result.performance.totalReturn).toBeGreaterThan(0.05);
      expect(first.result.models?.outcomes).toMatchObject({ promoted: 6, rejected: 0 });
      expect(first.result.bySource.map(({ name }) => name)).toEqual(['model']);
      expect(without.result.performance.totalReturn).toBeLessThan(0.01);
      const { outcomes, fallbackBars, refusals } = without.result.models ?? {};
      expect(outcomes?.rejected).toBeGreaterThan(outcomes?.promoted ?? NaN);
      expect(refusals?.reduce((sum, { count }) => sum + count, 0)).toBe(outcomes?.rejected);
      expect(fallbackBars?.[0]?.reason).toBe('rejected');
    },
    TIMEOUT_MS,
  );
});
