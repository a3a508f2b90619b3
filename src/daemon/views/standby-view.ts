import { modelKeyFor, GLOBAL_SYMBOL } from '../../domain/bots.js';
import type { ModelKey } from '../../domain/model-key.js';
import { closeTimeOf, timeframeMs } from '../../domain/timeframe.js';
import { judgeTrust, toServingFacts, type Trust } from '../../models/trust.js';
import type { LatestPrediction } from '../../signals/latest-predictions.js';
import { readTrainingStatus, type TrainingStatus } from '../../training/training-status.js';
import { clockOf, type DaemonPhase } from '../phases.js';

/** What a daemon that stands by reads from the database about the work of the active one. */

const HOUR_MS = 3_600_000;
/** Share of a bar that a candle may come late before the prediction of the one before it is stale. */
const LATE_BARS = 0.5;

export async function readStandbyStatus(
  phase: DaemonPhase,
  instrument: ModelKey,
): Promise<{ readonly training: TrainingStatus; readonly trust: Trust }> {
  const { stores, wallClock } = phase;
  const key = modelKeyFor(instrument);
  const cooldown = await stores.cooldowns.find(key);
  const isCoolingDown = cooldown !== undefined && cooldown.until > wallClock.wallMs();
  const verdict = {
    status: 'not_due' as const,
    key,
    cause: undefined,
    reason: 'this daemon does not train now: another one works, or it has only just begun',
    obstacle: isCoolingDown ? ('cooldown' as const) : ('fresh' as const),
    nextRetryAt: isCoolingDown ? cooldown.until : undefined,
  };
  const training = await readTrainingStatus({ stores }, { key, verdict, readiness: undefined });
  return { training, trust: await judgeStored(phase, key) };
}

/** The verdict of the active daemon, by the facts that it has stored. */
async function judgeStored(phase: DaemonPhase, instrument: ModelKey): Promise<Trust> {
  const { settings, stores, wallClock } = phase;
  const key = modelKeyFor(instrument);
  const serving = await stores.models.findServing(key);
  const facts = {
    serving: serving === undefined ? undefined : toServingFacts(serving, serving.errorMessage),
    latest: await stores.models.latest(key),
    cooldown: await stores.cooldowns.find(key),
  };
  return judgeTrust(facts, settings, {
    wallMs: wallClock.wallMs(),
    marketMs: clockOf(phase).marketMs(),
  });
}

/** The newest stored prediction of the serving model. */
export async function findStoredPrediction(
  phase: DaemonPhase,
  key: ModelKey,
): Promise<LatestPrediction> {
  const trust = await judgeStored(phase, key);
  if (trust.status === 'untrusted') {
    return { status: 'none', reason: trust.reason, detail: trust.detail };
  }
  // A global model predicts many instruments.
  const symbol = key.symbol === GLOBAL_SYMBOL ? undefined : key.symbol;
  const filter = { modelUid: trust.record.uid, symbol };
  const { rows } = await phase.stores.predictions.list(filter, { limit: 1, offset: 0 });
  const [prediction] = rows;
  if (prediction === undefined) return missing('its model has not predicted yet');
  const nowMs = clockOf(phase).marketMs();
  const dueBars = 1 + LATE_BARS;
  const dueAt =
    closeTimeOf(prediction.candleOpenTime, key.timeframe) + dueBars * timeframeMs(key.timeframe);
  const isStale = nowMs > dueAt;
  const lifeMs = phase.settings.predictionCacheTtlHours * HOUR_MS;
  if (!isStale || nowMs - prediction.predictedAt <= lifeMs) {
    return { status: 'served', prediction, isStale, isCached: true };
  }
  const when = new Date(prediction.candleOpenTime).toISOString();
  return missing(`the newest stored prediction is of ${when}`);
}

function missing(detail: string): LatestPrediction {
  return { status: 'none', reason: 'features_missing', detail };
}
