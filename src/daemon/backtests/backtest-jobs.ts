import { rmSync } from 'node:fs';
import path from 'node:path';
import { changeSettings } from '../../../config/change-settings.js';
import type { Settings } from '../../../config/settings.js';
import type {
  BacktestAnswer,
  BacktestRequests,
  BacktestWish,
} from '../../api/context/backtests.js';
import { chooseSpan, spanOfAll } from '../../backtest/history/choose-span.js';
import type { BarSpan } from '../../backtest/history/market-history.js';
import { findTooFewCandles } from '../../backtest/walk-forward/find-too-few-candles.js';
import { retrainingPeriods } from '../../backtest/walk-forward/retraining-periods.js';
import { DEFAULT_RETRAIN, type BacktestAsk, type BacktestRun } from '../../domain/backtest-run.js';
import { findBotFault } from '../../domain/bots.js';
import type { Series } from '../../domain/market.js';
import { barIndex, type Timeframe } from '../../domain/timeframe.js';
import type { ChildEnvironments } from '../../lib/child-environments.js';
import { newUid } from '../../lib/uid.js';
import { compiledUrl, startProcess, type WorkerHandle } from '../../lib/workers/worker.js';
import type { Base } from '../phases.js';
import { backtestsFolder, describeBusy, isBacktestFree } from './backtest-lock.js';
import type { BacktestJob, BacktestJobAnswer } from './backtest-worker.js';
import { RunRecord } from './run-record.js';

/** Candles and trades of a year of a hundred symbols take a third of it. */
const MAX_OLD_GENERATION_MB = 1_024;

export interface BacktestJobsOptions extends Pick<
  Base,
  'settings' | 'version' | 'place' | 'stores' | 'database' | 'logger' | 'wallClock'
> {
  /** The venue that is traded; undefined until it is known. */
  readonly findVenue: () => string | undefined;
  readonly childEnvironments: ChildEnvironments;
}

interface RunningJob {
  readonly record: RunRecord;
  /** Undefined until it is recorded. */
  worker: WorkerHandle | undefined;
  /** Its process is being ended: what it reports from now on is of no interest. */
  isOver: boolean;
}

/** Backtests that the API is asked for: one at a time, each in a process of its own at the lowest priority. */
export class BacktestJobs implements BacktestRequests {
  readonly #options: BacktestJobsOptions;
  #running: RunningJob | undefined;

  constructor(options: BacktestJobsOptions) {
    this.#options = options;
  }

  /** Marks what a killed process left as interrupted. */
  async start(): Promise<void> {
    const { settings, stores, place, logger } = this.#options;
    if (!isBacktestFree(settings.dataDir)) return;
    const interrupted = await stores.backtests.markInterrupted(place);
    if (interrupted > 0) logger.warn('A backtest was interrupted', { runs: interrupted });
  }

  /** Ends the run under way; safe to call twice. */
  async stop(): Promise<void> {
    const { stores, place } = this.#options;
    if (this.#running === undefined) return;
    await this.#kill(this.#running);
    await stores.backtests.markInterrupted(place);
  }

  async request(wish: BacktestWish): Promise<BacktestAnswer> {
    const { settings, place, stores, version, wallClock: clock } = this.#options;
    const changed = changeSettings(settings, wish.set);
    if (changed.status === 'refused') {
      const field = changed.name === undefined ? 'settings' : `settings.${changed.name}`;
      return { status: 'refused', field, reason: changed.reason };
    }
    const ask = toAsk(wish, changed.settings);
    const venue = this.#options.findVenue() ?? settings.exchange;
    const fault = await this.#findFault(ask, venue, changed.settings);
    if (fault !== undefined) return { status: 'refused', field: fault.field, reason: fault.reason };
    if (await this.#hasEnded()) await this.stop();
    if (this.#running !== undefined || !isBacktestFree(settings.dataDir)) {
      return { status: 'busy', reason: describeBusy(settings.dataDir) };
    }
    const uid = newUid(clock.wallMs());
    const store = stores.backtests;
    const record = new RunRecord({ store, clock, uid, ask, version, place, origin: 'job' });
    const {
      database: { location },
      childEnvironments,
    } = this.#options;
    const where = { location, venue, place, version, childEnvironments };
    await this.#begin(record, { uid, ask, settings: changed.settings, ...where });
    return { status: 'started', uid };
  }

  async cancel(uid: string): Promise<boolean> {
    const job = this.#running;
    if (job?.record.uid !== uid) return false;
    await this.#kill(job);
    await job.record.cancelled();
    return true;
  }

  async delete({ uid, folder }: Pick<BacktestRun, 'uid' | 'folder'>): Promise<void> {
    await this.#options.stores.backtests.delete(uid);
    // A run has a folder of its own, under its own name: nothing else is ever removed.
    const isOwn = folder !== undefined && path.basename(folder) === uid;
    if (isOwn) rmSync(folder, { recursive: true, force: true });
  }

  /** True for a run that has stored its end, and whose process is about to end too. */
  async #hasEnded(): Promise<boolean> {
    const uid = this.#running?.record.uid;
    if (uid === undefined || this.#running?.worker === undefined) return false;
    // One that was deleted meanwhile is not found.
    return (await this.#options.stores.backtests.find(uid))?.state !== 'running';
  }

  async #begin(record: RunRecord, request: BacktestJob): Promise<void> {
    const job: RunningJob = { record, worker: undefined, isOver: false };
    this.#running = job;
    try {
      await record.open();
      job.worker = this.#start(job);
      job.worker.post({ id: 1, request }, []);
    } catch (error) {
      this.#running = undefined;
      throw error;
    }
  }

  #start(job: RunningJob): WorkerHandle {
    const program = {
      name: 'backtest',
      url: compiledUrl(import.meta.url, './backtest-worker.js'),
      maxOldGenerationMb: MAX_OLD_GENERATION_MB,
      environment: this.#options.childEnvironments.worker,
    };
    return startProcess(program, {
      onMessage: (message) => {
        const { answer } = message as { readonly answer: BacktestJobAnswer };
        const reason = answer.status === 'failed' ? answer.reason : undefined;
        void this.#finish(job, reason);
      },
      onLost: (why) => void this.#finish(job, `its process ended: ${why}`),
    });
  }

  /** @param reason why it failed; undefined where it stored its end itself */
  async #finish(job: RunningJob, reason: string | undefined): Promise<void> {
    if (job.isOver) return;
    const { logger } = this.#options;
    try {
      await this.#kill(job);
      if (reason === undefined) return;
      logger.warn('A backtest failed', { run: job.record.uid, reason });
      await job.record.failed(reason);
    } catch (error) {
      logger.error('The end of a backtest could not be stored', { run: job.record.uid, error });
    }
  }

  /** Ends its process, and removes what it had begun to write. */
  async #kill(job: RunningJob): Promise<void> {
    job.isOver = true;
    await job.worker?.end();
    if (this.#running === job) this.#running = undefined;
    const parent = backtestsFolder(this.#options.settings.dataDir);
    rmSync(path.join(parent, `${job.record.uid}.making`), { recursive: true, force: true });
  }

  /** What the command would refuse once it has read the candles. */
  async #findFault(
    ask: BacktestAsk,
    venue: string,
    { minInitialTrainSamples }: Settings,
  ): Promise<Fault | undefined> {
    const bot = findBotFault(ask.bot);
    if (bot !== undefined) return { field: 'bot', reason: `bot is ${bot}` };
    const { stores } = this.#options;
    const timeframe = ask.timeframe as Timeframe;
    const all = await stores.series.list({ venue });
    const stored = all.filter((one) => one.timeframe === timeframe);
    if (stored.length === 0) {
      const reason = `no candles of ${timeframe} at ${venue} are stored`;
      return { field: 'timeframe', reason };
    }
    const isNamed = (name: string, { symbol, marketId }: Series): boolean =>
      symbol === name || marketId === name;
    const unknown = ask.symbols?.find((name) => !stored.some((one) => isNamed(name, one)));
    if (unknown !== undefined) {
      return { field: 'symbols', reason: `no ${timeframe} candles of ${unknown} at ${venue}` };
    }
    const asked = stored.filter((one) => ask.symbols?.some((name) => isNamed(name, one)) ?? true);
    const bars = await this.#barsOf(asked, { venue, timeframe });
    const chosen = chooseSpan(bars, ask, timeframe);
    if (chosen.status === 'refused') return chosen;
    if (ask.signals !== 'model') return undefined;
    const { retrain = DEFAULT_RETRAIN } = ask;
    const endIndex = spanOfAll(bars).lastIndex + 1;
    const periods = retrainingPeriods(chosen.span, retrain, { timeframe, endIndex });
    const reason = findTooFewCandles(bars, periods, minInitialTrainSamples);
    return reason === undefined ? undefined : { field: 'from', reason };
  }

  /** First and last bar of those that have candles. */
  async #barsOf(
    asked: readonly Series[],
    of: { readonly venue: string; readonly timeframe: Timeframe },
  ): Promise<readonly BarSpan[]> {
    const ids = new Set(asked.map(({ id }) => id));
    const bounds = await this.#options.stores.candles.boundsOfAll(of);
    return bounds
      .filter(({ seriesId }) => ids.has(seriesId))
      .map(({ first, last }) => ({
        firstIndex: barIndex(first, of.timeframe),
        lastIndex: barIndex(last, of.timeframe),
      }));
  }
}

interface Fault {
  readonly field: string;
  readonly reason: string;
}

function toAsk(wish: BacktestWish, settings: Settings): BacktestAsk {
  const { signals, retrain, fromMs, toMs, symbols, timeframe, bot, set } = wish;
  const configured = settings.symbols[0] === 'all' ? undefined : settings.symbols;
  return {
    signals,
    retrain,
    fromMs,
    toMs,
    symbols: symbols ?? configured,
    timeframe: timeframe ?? settings.tradeTimeframe ?? settings.timeframes[0] ?? '1h',
    bot: bot ?? settings.tradeBot ?? settings.bots[0] ?? 'catboost',
    data: undefined,
    set,
  };
}
