import { modelKeyFor, POOLED_SYMBOL } from '../../domain/bots.js';
import type { ModelKey } from '../../domain/model-key.js';
import { ageHours, type ModelRecord } from '../../domain/model-record.js';
import { closeTimeOf, timeframeMs } from '../../domain/timeframe.js';
import type { BoardAnswer } from '../../signals/prediction-board.js';
import { readTrainingStatus, type TrainingStatus } from '../../training/training-status.js';
import { clockOf, type DaemonState } from '../daemon-state.js';

/** What the database tells a daemon that stands by about the work of the one that works. */

const HOUR_MS = 3_600_000;
/** Share of a bar that a candle may come late before what was said of the one before it is stale. */
const LATE_BARS = 0.5;

/** As a daemon that works chooses: the files of the model are not looked at, they may lie elsewhere. */
type StoredChoice =
  | {
      readonly status: 'trusted';
      readonly model: { readonly record: ModelRecord };
      readonly isStale: boolean;
    }
  | {
      readonly status: 'untrusted';
      readonly reason: 'expired' | 'rejected' | 'cooldown' | 'untrained';
      readonly detail: string;
      readonly record: ModelRecord | undefined;
    };

export async function lookFromOutside(
  state: DaemonState,
  instrument: ModelKey,
): Promise<{ readonly training: TrainingStatus; readonly choice: StoredChoice }> {
  const { stores, wallClock } = state;
  const key = modelKeyFor(instrument);
  const cooldown = await stores.cooldowns.find(key);
  const isCoolingDown = cooldown !== undefined && cooldown.until > wallClock.wallMs();
  const verdict = {
    ...({ status: 'not_due', key, cause: undefined } as const),
    reason: 'this daemon does not train now: another one works, or it has only just begun',
    obstacle: isCoolingDown ? ('cooldown' as const) : ('fresh' as const),
    nextRetryAt: isCoolingDown ? cooldown.until : undefined,
  };
  const training = await readTrainingStatus({ stores }, { key, verdict, readiness: undefined });
  const choice = await chooseStored(state, key, isCoolingDown ? cooldown.reason : undefined);
  return { training, choice };
}

async function chooseStored(
  state: DaemonState,
  instrument: ModelKey,
  cooldownReason?: string,
): Promise<StoredChoice> {
  const { settings, stores } = state;
  const key = modelKeyFor(instrument);
  const record = await stores.models.findServing(key);
  if (record !== undefined) {
    const hours = ageHours(record, clockOf(state).marketMs());
    const limit = settings.modelMaxAgeHours;
    if (hours <= limit) {
      return { status: 'trusted', model: { record }, isStale: hours > settings.modelStaleHours };
    }
    const detail = `${hours.toFixed(1)} hours old, at most ${limit} are trusted`;
    return { status: 'untrusted', reason: 'expired', detail, record };
  }
  const latest = await stores.models.latest(key);
  if (latest?.stage === 'rejected') {
    return untrusted('rejected', latest.verdict?.reason ?? 'the newest model was rejected');
  }
  if (cooldownReason !== undefined) return untrusted('cooldown', cooldownReason);
  return untrusted('untrained', 'no model has been trained yet');
}

function untrusted(
  reason: Extract<StoredChoice, { status: 'untrusted' }>['reason'],
  detail: string,
): StoredChoice {
  return { status: 'untrusted', reason, detail, record: undefined };
}

/** The newest prediction that the daemon which works has stored of the model that serves. */
export async function findStoredPrediction(
  state: DaemonState,
  key: ModelKey,
): Promise<BoardAnswer> {
  const choice = await chooseStored(state, key);
  if (choice.status === 'untrusted') {
    return { status: 'none', reason: choice.reason, detail: choice.detail };
  }
  // A pooled model speaks of many instruments.
  const symbol = key.symbol === POOLED_SYMBOL ? undefined : key.symbol;
  const filter = { modelUid: choice.model.record.uid, symbol };
  const { rows } = await state.stores.predictions.list(filter, { limit: 1, offset: 0 });
  const [prediction] = rows;
  if (prediction === undefined) return missing('its model has not spoken yet');
  const nowMs = clockOf(state).marketMs();
  const dueBars = 1 + LATE_BARS;
  const dueAt =
    closeTimeOf(prediction.candleOpenTime, key.timeframe) + dueBars * timeframeMs(key.timeframe);
  const isStale = nowMs > dueAt;
  const lifeMs = state.settings.predictionCacheTtlHours * HOUR_MS;
  if (!isStale || nowMs - prediction.predictedAt <= lifeMs) {
    return { status: 'served', prediction, isStale, isCached: true };
  }
  const when = new Date(prediction.candleOpenTime).toISOString();
  return missing(`the newest stored prediction is of ${when}`);
}

function missing(detail: string): BoardAnswer {
  return { status: 'none', reason: 'features_missing', detail };
}
