import type { BaseModel } from '../../domain/base-model.js';
import type { ModelRecord } from '../../domain/model-record.js';
import type { TrainingJob, TrainingSession } from '../../domain/training-job.js';
import type { Stores } from '../../storage/stores.js';
import type { PeriodTraining, TrainedKey } from './kept-period.js';

/** What became of a session that has ended. */
export async function readTraining(
  stores: Pick<Stores, 'models' | 'baseModels'>,
  session: TrainingSession,
  jobs: readonly TrainingJob[],
): Promise<PeriodTraining> {
  const records = new Map<string, ModelRecord>();
  for (const { modelUid } of jobs) {
    const record = modelUid === undefined ? undefined : await stores.models.find(modelUid);
    if (record !== undefined) records.set(record.uid, record);
  }
  const baseModel = await findBaseModel(stores, session, jobs[0]);
  const made = [...records.values(), ...(baseModel === undefined ? [] : [baseModel])];
  return {
    keys: [...waitingOf(session), ...jobs.map((job) => toTrainedKey(job, records))],
    fitMs: made.reduce((sum, { config }) => sum + fitMsOf(config), 0),
    trainerPeakMb: Math.max(0, ...made.map(({ config }) => Number(config['peakRssMb'] ?? 0))),
  };
}

/** Failures that say nothing of the candles: the machine was too busy, or a process was lost. */
const CHANCE_CODES: readonly string[] = [
  'hung',
  'crashed',
  'bad_output',
  'no_python',
  'unavailable',
  'unstorable',
];

/** What ended by chance in a session that has ended, in words; another try may end otherwise. */
export async function findChanceFailure(
  { baseModels }: Pick<Stores, 'baseModels'>,
  { uid: sessionUid }: TrainingSession,
  jobs: readonly TrainingJob[],
): Promise<string | undefined> {
  const failed = jobs.find(
    ({ status, errorCode }) => status === 'failed' && CHANCE_CODES.includes(errorCode ?? ''),
  );
  if (failed !== undefined) return `${failed.symbol}: ${failed.errorMessage ?? ''}`;
  const [first] = jobs;
  if (first === undefined) return undefined;
  const { timeframe, bot } = first;
  const baseModel = await baseModels.find({ timeframe, bot, sessionUid });
  const { status, reason = '' } = baseModel ?? { status: undefined };
  const isChance = status === 'failed' && CHANCE_CODES.includes(reason.split(':')[0] ?? '');
  return isChance ? `base model: ${reason}` : undefined;
}

async function findBaseModel(
  { baseModels }: Pick<Stores, 'baseModels'>,
  { uid }: TrainingSession,
  job: TrainingJob | undefined,
): Promise<BaseModel | undefined> {
  if (job === undefined) return undefined;
  const [newest] = await baseModels.list(job, { status: 'ready', limit: 1 });
  return newest?.sessionUid === uid ? newest : undefined;
}

/** As they were stored with the session. */
function waitingOf({ config }: TrainingSession): readonly TrainedKey[] {
  return (config['waiting'] ?? []) as readonly TrainedKey[];
}

function toTrainedKey(job: TrainingJob, records: ReadonlyMap<string, ModelRecord>): TrainedKey {
  const { symbol, status, errorCode, errorMessage = '' } = job;
  const verdict = records.get(job.modelUid ?? '')?.verdict;
  if (status === 'completed' && verdict !== undefined) {
    const outcome = verdict.isPromoted ? 'promoted' : 'rejected';
    return { symbol, outcome, reason: verdict.reason };
  }
  const outcome = status === 'cancelled' ? 'waiting' : 'failed';
  return { symbol, outcome, reason: errorMessage === '' ? (errorCode ?? status) : errorMessage };
}

function fitMsOf(config: ModelRecord['config']): number {
  const { fit = 0, refit = 0 } = (config['durationsMs'] ?? {}) as Readonly<Record<string, number>>;
  return fit + refit;
}
