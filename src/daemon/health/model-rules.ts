import { modelKeyFor } from '../../domain/bots.js';
import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import type { UntrustedReason } from '../../models/trust.js';
import { MAX_SHADOWS } from '../../training/experiments/shadow-models.js';
import type { RuleMatch } from '../../monitoring/health.js';
import {
  isWaiting,
  matchNames,
  whileActive,
  type ActivePhase,
  type DaemonHealthRule,
  type HealthFacts,
} from './health-facts.js';

/** The rule that says that Python cannot train. */
export const TRAINER_UNUSABLE = 'trainer_unusable';
/** A person may hold the queue for this long, wall time, while work waits. */
const HELD_GRACE_MS = 600_000;

/** Models, and the training that makes them. */
export const MODEL_RULES: readonly DaemonHealthRule[] = [
  {
    id: 'models_missing',
    check: 'models',
    level: 'degraded',
    isExpected: true,
    fix: 'wait for training; GET /api/model/status says what each model waits for',
    find: findMissing,
  },
  untrustedRule('models_expired', 'expired', {
    what: 'older than MODEL_MAX_AGE_HOURS and not trusted',
    fix: 'find out why training fails: see last_training_error and the checks trainer and queue',
  }),
  untrustedRule('models_of_old_features', 'features_changed', {
    what: 'trained on features that have changed since',
    fix: 'wait: these models are trained again by themselves',
  }),
  untrustedRule('models_damaged', 'inference_error', {
    what: 'damaged',
    fix: 'check the disk below MODELS_DIR; these models are trained again by themselves',
  }),
  {
    id: 'models_unused',
    check: 'models',
    level: 'degraded',
    fix: 'wait for the next candle; if it lasts, train these models again',
    find: whileActive(findUnused),
  },
  {
    id: 'shadow_models_silent',
    check: 'models',
    level: 'degraded',
    fix: 'wait for the next candle; if it lasts, remove these shadow models or make them again (docs/experiments.md)',
    find: whileActive(findSilentShadows),
  },
  {
    id: 'artifact_store_unreachable',
    check: 'models',
    level: 'degraded',
    fix: 'mend the reason; npm run doctor tries the store. New models are not fetched meanwhile, predictions go on',
    find: findStoreTrouble,
  },
  {
    id: TRAINER_UNUSABLE,
    check: 'trainer',
    level: 'degraded',
    fix: 'run: npm run setup',
    find: whileActive(({ training }) => {
      const { trainerFault: fault, trainerLack: lack } = training;
      if (fault !== undefined) {
        return { message: `No model can be trained: ${fault.message}`, fix: fault.fix };
      }
      return lack && { message: `${lack.message}; its jobs wait`, fix: lack.fix };
    }),
  },
  {
    id: 'training_failed',
    check: 'trainer',
    level: 'degraded',
    fix: 'mend the reason; training is tried again after its cooldown',
    find: whileActive(findFailed),
  },
  {
    id: 'history_too_short',
    check: 'trainer',
    level: 'degraded',
    isExpected: true,
    fix: 'wait for candles, raise TRAIN_MONTHS_BACK or lower MIN_INITIAL_TRAIN_SAMPLES',
    find: whileActive(({ training }) => {
      const waiting = training.lastPlan.filter(
        (one) => one.status === 'not_due' && one.obstacle === 'history',
      );
      const reason = waiting[0]?.reason ?? '';
      return matchNames(
        waiting.map(({ key }) => nameOf(key)),
        (names) => `${names}: ${reason}`,
      );
    }),
  },
  {
    id: 'redis_unreachable',
    check: 'queue',
    level: 'degraded',
    fix: 'bring Redis back or make room there, or check REDIS_URL. Workers look into the database every ten seconds meanwhile',
    find: whileActive(({ training: { redisTrouble: trouble } }) =>
      trouble === undefined ? undefined : { message: trouble.reason, since: trouble.since },
    ),
  },
  {
    id: 'queue_held',
    check: 'queue',
    level: 'degraded',
    graceMs: HELD_GRACE_MS,
    fix: 'resume it: POST /api/training/resume, or delete the pause file',
    find: whileActive(findHeld),
  },
];

function findStoreTrouble({ phase }: HealthFacts): RuleMatch | undefined {
  const trouble = phase.artifacts?.store.trouble;
  return trouble && { message: trouble.reason, since: trouble.since };
}

function findMissing({ census, phase }: HealthFacts): RuleMatch | undefined {
  if (census === undefined) return isWaiting(phase) ? { message: 'not counted yet' } : undefined;
  const { missing, wanted, trusted } = census;
  const counts = `${trusted.length} of ${wanted.length} models serve; the rest by fallback`;
  return matchNames(missing.map(nameOf), (names) => `${counts}; no model yet: ${names}`);
}

function untrustedRule(
  id: string,
  reason: UntrustedReason,
  { what, fix }: { readonly what: string; readonly fix: string },
): DaemonHealthRule {
  return {
    id,
    check: 'models',
    level: 'degraded',
    fix,
    find: ({ census }) => {
      const found = (census?.untrusted ?? []).filter((one) => one.reason === reason);
      const count = `${found.length} of ${census?.wanted.length ?? 0} models are ${what}`;
      return matchNames(
        found.map(({ key }) => nameOf(key)),
        (names) => `${count}; signals come from the fallback: ${names}`,
      );
    },
  };
}

/** Models that may serve although the newest signal of their instrument is not theirs: novel data, say. */
function findUnused({ warnings }: ActivePhase, { census }: HealthFacts): RuleMatch | undefined {
  const trusted = new Set((census?.trusted ?? []).map(modelKeyText));
  const unused = warnings
    .listUnused()
    .filter(({ key }) => trusted.has(modelKeyText(modelKeyFor(key))));
  return matchNames(
    unused.map(({ key, reason }) => `${nameOf(key)} (${reason})`),
    (names) => `models serve but were not used for the newest candle: ${names}`,
  );
}

/** Shadow models that said nothing of the newest candle. */
async function findSilentShadows({
  databaseWatch,
  stores,
  market,
}: ActivePhase): Promise<RuleMatch | undefined> {
  const filter = { venue: market.data.venue, status: 'answering' } as const;
  const { rows } = await databaseWatch.whileAnswering(() =>
    stores.shadows.list(filter, { limit: MAX_SHADOWS, offset: 0 }),
  );
  const silent = rows.filter(({ reason }) => reason !== undefined);
  return matchNames(
    silent.map((one) => `${nameOf(one)}, ${one.variant} (${one.reason ?? ''})`),
    (names) => `shadow models say nothing of the newest candle: ${names}`,
  );
}

async function findFailed(
  { databaseWatch, stores, market }: ActivePhase,
  { census, nowMs }: HealthFacts,
): Promise<RuleMatch | undefined> {
  const wanted = new Set((census?.wanted ?? []).map(modelKeyText));
  const cooldowns = await databaseWatch.whileAnswering(() =>
    stores.cooldowns.list(market.data.venue),
  );
  const failed = cooldowns.filter(
    (one) => one.kind === 'failure' && one.until > nowMs && wanted.has(modelKeyText(one)),
  );
  const reason = failed[0]?.reason ?? '';
  return matchNames(failed.map(nameOf), (names) => `training failed of ${names}: ${reason}`);
}

/** The queue is held by a person or a file while something is due. */
async function findHeld({ databaseWatch, training }: ActivePhase): Promise<RuleMatch | undefined> {
  const status = await databaseWatch.whileAnswering(() => training.queue.status());
  const { state, pausedBy, waiting } = status;
  if (state !== 'paused' && state !== 'stopped') return undefined;
  const jobs = Object.values(waiting).reduce((sum, count) => sum + count, 0);
  const due = training.lastPlan.filter((one) => one.status === 'due').length;
  if (jobs + due === 0) return undefined;
  const by = pausedBy.length === 0 ? '' : ` by ${pausedBy.join(', ')}`;
  const message = `the training queue is ${state}${by}: ${jobs} jobs wait, ${due} models are due`;
  return { message };
}

function nameOf({ symbol, timeframe, bot }: ModelKey): string {
  return `${symbol} ${timeframe} ${bot}`;
}
