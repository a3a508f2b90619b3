import { findNearNames } from '../src/lib/near-names.js';
import { changeSettings, type ChangedSettings } from './change-settings.js';
import { LABELS_SETTINGS } from './groups/labels.js';
import { TRAINING_SETTINGS } from './groups/training.js';
import { propertyName, type Settings } from './settings.js';

/** Settings of training that change no model of a full fit: when it is done, by whom, and what becomes of it. */
const NOT_OF_VARIANTS: ReadonlySet<string> = new Set([
  'PROMOTION_GATE',
  'CHAMPION_MIN_ROWS',
  'TRAIN_RETRY_COOLDOWN_SEC',
  'TRAIN_RETRY_COOLDOWN_MIN',
  'REJECTED_RETRY_BARS',
  'MODEL_STALE_HOURS',
  'MODEL_MAX_AGE_HOURS',
  'MODEL_VERSIONS_KEPT',
  'MAX_MODEL_MB',
  'TRAIN_SEED',
  'PYTHON',
  'TRAIN_MEMORY_MB',
  'TRAIN_PROCESSES',
  'QUEUE',
  'REDIS_URL',
  'REDIS_PREFIX',
  'TRAIN_BATCH_SIZE',
  'TRAINING_BATCH_SIZE',
  'FULL_RETRAIN_ENABLED',
  'FULL_RETRAIN_SCHEDULE',
  'INCREMENTAL_ENABLED',
  'INCREMENTAL_SCHEDULE',
  'SCHEDULE_TZ',
  'INCREMENTAL_WINDOW_BARS',
  'INCREMENTAL_ITERATIONS',
  'INCREMENTAL_MIN_NEW_BARS',
  'INCREMENTAL_MAX_INCREMENTS',
  'INCREMENTAL_MAX_TREES',
  'INCREMENTAL_EPOCHS',
  'DRIFT_RETRAIN',
  'DRIFT_PSI',
  'DRIFT_MIN_SIGNALS',
  'DRIFT_WINDOW_BARS',
  'DRIFT_CHECK_HOURS',
  'DRIFT_RETRAIN_HOURS',
  'PAUSE_FILE',
  'TRAIN_JOB_TIMEOUT_SEC',
] satisfies (keyof typeof TRAINING_SETTINGS)[]);

/** Settings that a variant of an experiment may have its own values of. */
export const VARIANT_SETTINGS: readonly string[] = [
  ...Object.keys(LABELS_SETTINGS),
  ...Object.keys(TRAINING_SETTINGS),
].filter((name) => !NOT_OF_VARIANTS.has(name));

/** Of these, what decides which rows are judged and by what: variants must agree on it, or cannot be compared. */
export const SAME_IN_ALL_VARIANTS: readonly (keyof (typeof LABELS_SETTINGS &
  typeof TRAINING_SETTINGS))[] = [
  'LABEL_HORIZON_BARS',
  'TRAIN_SPLIT',
  'EMBARGO_BARS',
  'TRAIN_MONTHS_BACK',
];

/** The settings with those of a variant, checked as at a start. */
export function changeForVariant(
  settings: Settings,
  changes: Readonly<Record<string, string>>,
): ChangedSettings {
  const foreign = Object.keys(changes).find((name) => !VARIANT_SETTINGS.includes(name));
  if (foreign === undefined) return changeSettings(settings, changes);
  const [near] = findNearNames(foreign, VARIANT_SETTINGS);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const reason = `${foreign} is no setting of a variant${hint} Allowed: ${VARIANT_SETTINGS.join(', ')}`;
  return { status: 'refused', name: foreign, reason };
}

/** The values on which variants must agree, as text by the names of their variables. */
export function sharedByVariants(settings: Settings): Readonly<Record<string, string>> {
  const values = settings as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    SAME_IN_ALL_VARIANTS.map((name) => [name, JSON.stringify(values[propertyName(name)])]),
  );
}
