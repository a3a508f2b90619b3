import { changeSettings, withRunSettings } from '../../../config/change-settings.js';
import type { Settings } from '../../../config/settings.js';
import {
  compareDecisions,
  type ParityDifference,
  type ParityReport,
} from '../../backtest/parity/compare-decisions.js';
import { readRecorded } from '../../backtest/parity/read-recorded.js';
import type { Recorded } from '../../backtest/parity/recorded.js';
import { replay } from '../../backtest/parity/replay.js';
import { findTakeOver } from '../../backtest/parity/take-over.js';
import { ConfigError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import type { StoredRun } from '../../storage/stores/run-store.js';
import type { Stores } from '../../storage/stores.js';
import type { TradingRules } from '../../trading/trading-rules.js';
import { toTradingRules } from '../to-trading-rules.js';

const MAX_RUNS = 10_000;

export interface ParityRequest {
  /** Undefined for the venue of the newest decision. */
  readonly venue: string | undefined;
  /** Open times of candles, epoch milliseconds, both included. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Settings that take the place of those of then. */
  readonly set: Readonly<Record<string, string>>;
}

export interface ParityAnswer {
  readonly venue: string;
  readonly account: string;
  readonly decisions: number;
  readonly trades: number;
  /** Decisions of before the replay takes over, because the quotes of then are deleted. */
  readonly not_compared: {
    readonly decisions: number;
    /** Market time from which on decisions are compared, ISO 8601 UTC; null where all are. */
    readonly until: string | null;
    readonly reason: string | null;
  };
  /** With the settings of then: what the tick does not repeat, and nothing that is stored explains. */
  readonly unexplained: readonly ParityDifference[];
  /** What the settings of `set` change, beside that. */
  readonly changed: readonly ParityDifference[];
  /** Runs whose settings were not stored: those of now took their place. */
  readonly runs_without_settings: number;
}

/**
 * Replays what a daemon recorded, with the settings of then and, where some are given, with others.
 *
 * @throws ConfigError when nothing is recorded, or a setting is wrong
 */
export async function checkParity(
  stores: Stores,
  request: ParityRequest,
  { settings, logger }: { readonly settings: Settings; readonly logger: Logger },
): Promise<ParityAnswer> {
  const venue = request.venue ?? (await findVenue(stores));
  const [books] = await stores.accounts.list(venue);
  if (books === undefined) throw new ConfigError(`No books at ${venue} are stored`);
  const { account } = books;
  const runs = await readRuns(stores, venue);
  const settingsAt = settingsOf(runs, settings);
  const fallbackHorizonAt = (createdAt: number): number => settingsAt(createdAt).labelHorizonBars;
  const recorded = await readRecorded(stores, { venue, account, fallbackHorizonAt });
  const takeOver = await findTakeOver(recorded, rulesOf(recorded, settingsAt, {}));
  const { fromMs, toMs } = request;
  const check = async (set: ParityRequest['set']): Promise<ParityReport> => {
    const rulesAt = rulesOf(recorded, settingsAt, set);
    const replayed = await replay(recorded, { rulesAt, takeOver, logger });
    return compareDecisions(recorded, replayed, { fromMs, toMs, takeOver });
  };
  const report = await check({});
  const isSame = Object.keys(request.set).length === 0;
  const changed = isSame ? [] : (await check(request.set)).differences;
  const known = new Set(report.differences.map(placeOf));
  return {
    venue,
    account,
    decisions: report.decisions,
    trades: report.trades,
    not_compared: {
      decisions: report.notCompared,
      until: takeOver === undefined ? null : new Date(takeOver.marketMs).toISOString(),
      reason:
        takeOver === undefined ? null : 'the quotes of then are deleted (RETENTION_PRICES_DAYS)',
    },
    unexplained: report.differences,
    changed: changed.filter((one) => !known.has(placeOf(one))),
    runs_without_settings: runs.filter((run) => run.settings === undefined).length,
  };
}

function placeOf(one: ParityDifference): string {
  return `${one.symbol} ${one.candle_open_time} ${one.what} ${one.replayed.reason}`;
}

async function findVenue(stores: Stores): Promise<string> {
  const { rows } = await stores.decisions.list({}, { limit: 1, offset: 0 });
  const venue = rows[0]?.venue;
  if (venue === undefined)
    throw new ConfigError('No decision is stored yet: there is nothing to replay');
  return venue;
}

/** Oldest first: runs of the daemon at that venue. */
async function readRuns(stores: Stores, venue: string): Promise<readonly StoredRun[]> {
  const { rows } = await stores.runs.list({}, { limit: MAX_RUNS, offset: 0 });
  return rows.filter((run) => venue === run.venue || venue.startsWith(`${run.venue}:`)).reverse();
}

/** The settings of the run that went on at a wall time; one object a run. */
function settingsOf(
  runs: readonly StoredRun[],
  present: Settings,
): (createdAt: number) => Settings {
  const settings = runs.map((run) => withRunSettings(present, run.settings ?? {}));
  return (createdAt) => {
    const at = runs.findLastIndex(({ startedAt }) => startedAt <= createdAt);
    return settings[at] ?? present;
  };
}

/** The rules at a wall time; one object a run, so that a change shows. */
function rulesOf(
  recorded: Recorded,
  settingsAt: (createdAt: number) => Settings,
  set: ParityRequest['set'],
): (createdAt: number) => TradingRules {
  const known = new Map<Settings, TradingRules>();
  return (createdAt) => {
    const settings = settingsAt(createdAt);
    const rules = known.get(settings) ?? toRules(recorded, settings, set);
    known.set(settings, rules);
    return rules;
  };
}

function toRules(recorded: Recorded, settings: Settings, set: ParityRequest['set']): TradingRules {
  const changed = changeSettings(settings, set);
  if (changed.status === 'refused') throw new ConfigError(`--set ${changed.reason}`);
  const { venue, account, currency, timeframe, bot } = recorded;
  const marketSpeed = venue.startsWith('demo') ? settings.demoSpeed : 1;
  const place = { venue, account, currency, timeframe, bot, marketSpeed };
  return toTradingRules(changed.settings, place);
}
