import path from 'node:path';
import type { ModelKey } from '../../domain/model-key.js';
import { messageOf, RejectedError } from '../../lib/errors.js';
import { fileReference, verifyModelArtifact } from '../../models/model-artifact.js';
import type { ModelArtifacts } from '../../models/model-artifacts.js';
import type { Stores } from '../../storage/stores.js';
import { needsTorch } from '../../domain/bots.js';
import { continuedFiles } from './candidate-folder.js';
import { DEFAULT_DEEP } from '../options/bot-params.js';
import { DEFAULT_INCREMENT } from '../options/training-options.js';
import { planIncrement, type ContinuedParent, type IncrementPlan } from './increment-plan.js';
import type { ParentFiles } from '../trainer-process/trainer-job.js';
import type { TrainingOptions } from '../options/training-options.js';

const BYTES_A_MB = 1_000_000;

const NOTHING_SERVES = { serving: undefined, isPinned: false, newestOpenTime: undefined };

export interface IncrementStores {
  readonly models: Pick<Stores['models'], 'findServing'>;
  readonly pins: Pick<Stores['pins'], 'find'>;
  readonly series: Pick<Stores['series'], 'find'>;
  readonly candles: Pick<Stores['candles'], 'bounds'>;
}

/** Decides from stored state whether the key's model can be continued now. */
export async function findIncrement(
  stores: IncrementStores,
  key: ModelKey,
  options: Pick<TrainingOptions, 'increment' | 'labelHorizonBars' | 'maxModelMb'>,
): Promise<IncrementPlan> {
  const limits = { ...options, ...(options.increment ?? DEFAULT_INCREMENT) };
  const serving = await stores.models.findServing(key);
  if (serving === undefined) return planIncrement({ bot: key.bot, ...NOTHING_SERVES }, limits);
  const pin = await stores.pins.find(key);
  const series = await stores.series.find(key);
  const range = series === undefined ? undefined : await stores.candles.bounds(series.id);
  return planIncrement(
    {
      bot: key.bot,
      serving,
      newestOpenTime: range?.last,
      isPinned: pin?.modelUid === serving.uid,
    },
    limits,
  );
}

export type ParentOpening =
  | { readonly status: 'open'; readonly files: ParentFiles }
  | { readonly status: 'unusable'; readonly reason: string };

/** The files that an increment begins from, checked by their hashes. */
export async function openParent(
  { record }: ContinuedParent,
  {
    options,
    artifacts,
  }: {
    readonly options: Pick<TrainingOptions, 'modelsDir' | 'maxModelMb' | 'increment' | 'deep'>;
    readonly artifacts: Pick<ModelArtifacts, 'fetch'>;
  },
): Promise<ParentOpening> {
  const { modelPath = '', manifestSha256 = '' } = record;
  const maxFileBytes = options.maxModelMb * BYTES_A_MB;
  try {
    await artifacts.fetch({ modelPath, manifestSha256 });
    const artifact = await verifyModelArtifact({
      modelsDir: options.modelsDir,
      modelPath,
      manifestSha256,
      maxFileBytes,
    });
    const pathOf = (name: string): string => path.resolve(fileReference(artifact, name).path);
    const { served, judged } = continuedFiles(record.bot);
    const files = {
      served: pathOf(served),
      judged: pathOf(judged),
      iterations: needsTorch(record.bot)
        ? (options.deep ?? DEFAULT_DEEP).incrementalEpochs
        : (options.increment ?? DEFAULT_INCREMENT).iterations,
      ranges: artifact.manifest.feature_ranges,
    };
    return { status: 'open', files };
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error;
    return { status: 'unusable', reason: messageOf(error) };
  }
}
