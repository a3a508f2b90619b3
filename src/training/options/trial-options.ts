import type { Trial } from '../../domain/experiment.js';
import type { TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import { RejectedError } from '../../lib/errors.js';
import type { Stores } from '../../storage/stores.js';
import type { TrainingOptions } from './training-options.js';

/** What does not belong to a variant: the instruments, what the daemon does with models, and each machine's own. */
const NOT_OF_TRIALS = [
  'venue',
  'symbols',
  'primarySymbol',
  'timeframes',
  'bots',
  'trainRetryCooldownSec',
  'rejectedRetryBars',
  'modelStaleHours',
  'modelMaxAgeHours',
  'modelVersionsKept',
  'maxModelMb',
  'maxLatencyMs',
  'promotionGate',
  'championMinRows',
  'batchSize',
  'increment',
  'schedules',
  'drift',
  'pauseFile',
  'modelsDir',
  'workDir',
] as const satisfies readonly (keyof TrainingOptions)[];

/** The options of one variant and seed, as they are stored: they travel with the job to whoever trains it. */
export function toTrialOptions(options: TrainingOptions, seed: number): Trial['options'] {
  const left: readonly string[] = NOT_OF_TRIALS;
  const own = Object.entries(options).filter(([name]) => !left.includes(name));
  const stored = own.map(([name, value]) => [name, (value as unknown) ?? null] as const);
  return { ...Object.fromEntries(stored), trainSeed: seed };
}

function withTrialOptions(base: TrainingOptions, { options }: Trial): TrainingOptions {
  // Written by `toTrialOptions`.
  const own = Object.entries(options).map(([name, value]) => [name, value ?? undefined] as const);
  return { ...base, ...(Object.fromEntries(own) as Partial<TrainingOptions>) };
}

/** Market time stands still where no later candle may be seen. */
function pinnedClock(clock: Clock, marketMs: number): Clock {
  return {
    wallMs: () => clock.wallMs(),
    marketMs: () => marketMs,
    sleep: (durationMs, signal) => clock.sleep(durationMs, signal),
  };
}

/** The same with options and market time of a trial; unchanged for a job of no trial. */
export function underTrial<T extends { readonly options: TrainingOptions; readonly clock: Clock }>(
  context: T,
  trial: Trial | undefined,
): T {
  if (trial === undefined) return context;
  const { cutAt, purpose } = trial;
  const options = withTrialOptions(context.options, trial);
  const clock = cutAt === undefined ? context.clock : pinnedClock(context.clock, cutAt);
  // Nothing of an experiment is promoted, so that nothing is asked but that its models are sound.
  const promotionGate = purpose === 'experiment' ? 'parity' : options.promotionGate;
  return { ...context, options: { ...options, promotionGate }, clock };
}

/** @throws RejectedError for a job of a trial that is not stored */
export async function findTrialOf(
  { experiments }: Pick<Stores, 'experiments'>,
  { uid, trialUid }: TrainingJob,
): Promise<Trial | undefined> {
  if (trialUid === undefined) return undefined;
  const trial = await experiments.findTrial(trialUid);
  if (trial === undefined) throw new RejectedError(`Job ${uid} belongs to no stored experiment`);
  return trial;
}
