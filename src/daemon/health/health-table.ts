import { HaltError, TransientError } from '../../lib/errors.js';
import { sharedRead } from '../../lib/shared-read.js';
import { CensusTaker, type ModelCensus } from '../../models/model-census.js';
import { HealthReporter } from '../../monitoring/health.js';
import { trainingKeys } from '../../training/options/training-keys.js';
import { clockOf, type ReadPhase } from '../phases.js';
import { CONNECTION_RULES } from './connection-rules.js';
import { DATA_RULES } from './data-rules.js';
import type { DaemonHealthRule, HealthFacts } from './health-facts.js';
import { MODEL_RULES } from './model-rules.js';
import { NOTIFICATION_RULES } from './notification-rules.js';
import { TRADING_RULES } from './trading-rules.js';

/**
 * Every way in which the daemon does less than it was asked for. `GET /api/health`, the warnings of
 * `GET /api/status`, `npm run monitor`, the page and the metrics all read this table.
 */
export const HEALTH_TABLE: readonly DaemonHealthRule[] = [
  ...CONNECTION_RULES,
  ...DATA_RULES,
  ...MODEL_RULES,
  ...TRADING_RULES,
  ...NOTIFICATION_RULES,
];

/** The page asks every two seconds, and so may many. */
const CENSUS_AGE_MS = 1000;

/** The parts that rules are about, each with what is said while no rule holds. */
const CHECKS: Readonly<Record<string, (facts: HealthFacts) => string>> = {
  loop: ({ phase }) =>
    phase.name === 'active'
      ? `last cycle ${Math.round(phase.loopWatch.silenceMs() / 1000)} s ago`
      : 'no cycles while this daemon starts or stands by',
  database: ({ phase }) => `${phase.database.engine} answers`,
  exchange: ({ phase }) =>
    phase.name === 'starting' ? 'not asked yet' : `${phase.market.data.venue} answers`,
  data: ({ phase, collection }) =>
    phase.name === 'active' && collection !== undefined
      ? `${collection.progress.seriesTotal} series are up to date`
      : 'nothing is collected yet',
  models: ({ census }) => `${census?.trusted.length ?? 0} models serve`,
  trainer: () => 'ready, or not needed yet',
  queue: () => 'nothing holds it',
  trading: ({ phase }) =>
    'trading' in phase ? `${phase.trading.status().account} trading is active` : 'not started yet',
  notifications: ({ phase }) =>
    phase.notifications.channels.length === 0
      ? 'no channel is set up'
      : `sent by ${phase.notifications.channels.join(', ')}`,
};

export function createHealthReporter(
  readPhase: ReadPhase,
  readCensus: () => Promise<HealthFacts['census']>,
): HealthReporter<HealthFacts> {
  const { wallClock: clock, logger } = readPhase();
  return new HealthReporter({
    checks: CHECKS,
    rules: HEALTH_TABLE,
    readFacts: async () => {
      const census = await readCensus();
      const phase = readPhase();
      const collection = 'collector' in phase ? phase.collector.status() : undefined;
      return { phase, nowMs: clock.wallMs(), census, collection };
    },
    clock,
    logger,
  });
}

/** The census of the wanted models, at most a second old; undefined while it cannot be known. */
export function censusReader(readPhase: ReadPhase): () => Promise<ModelCensus | undefined> {
  const { stores, settings, wallClock, databaseWatch } = readPhase();
  const taker = new CensusTaker({ models: stores.models, limits: settings });
  const take = async (): Promise<ModelCensus | undefined> => {
    const phase = readPhase();
    if (!('options' in phase)) return undefined;
    const now = { wallMs: wallClock.wallMs(), marketMs: clockOf(phase).marketMs() };
    const wanted = trainingKeys(phase.options.training);
    try {
      return await databaseWatch.whileAnswering(() => taker.take(wanted, now));
    } catch (error) {
      // That the database is lost is a finding of its own.
      if (error instanceof TransientError || error instanceof HaltError) return undefined;
      throw error;
    }
  };
  return sharedRead(take, { clock: wallClock, maxAgeMs: CENSUS_AGE_MS });
}
