import type { ClassWeights } from '../../domain/class-weights.js';
import type { SplitTimes } from '../dataset/dataset-summary.js';
import type { RowRange, Split } from '../dataset/split.js';

/** Parameters of CatBoost, all explicit: the library's defaults are not used. */
export interface CatBoostParams {
  readonly iterations: number;
  readonly depth: number;
  readonly learningRate: number;
  readonly l2LeafReg: number;
  /** Share of the features that each split may look at. */
  readonly rsm: number;
  readonly bootstrapType: 'Bernoulli' | 'MVS' | 'Bayesian' | 'No';
  /** Share of the rows for each tree: with Bernoulli and MVS, and only with them. */
  readonly subsample?: number;
  readonly borderCount: number;
  readonly earlyStoppingRounds: number;
}

/** Bounds of a random forest: without them it takes minutes and its file is a hundred times as large. */
export interface ForestParams {
  readonly trees: number;
  /** Share of the features that each split may look at. */
  readonly maxFeatures: number;
  readonly minSamplesLeaf: number;
  /** Share of the rows for each tree. */
  readonly maxSamples: number;
  /** A larger forest is refused before it is written. */
  readonly maxModelMb: number;
}

/** How a deep bot is fitted. Whatever is not named here the trainer decides. */
export interface DeepParams {
  /** Most passes over the training rows. */
  readonly epochs: number;
  /** Rows that the model reads to answer for the last of them. */
  readonly windowRows: number;
  /** Size of the inner state. */
  readonly width: number;
  readonly learningRate: number;
  /** Shrinks the weights at each step. */
  readonly weightDecay: number;
  /** Share of the inner state that is left out at random while fitting. */
  readonly dropout: number;
  readonly batchRows: number;
  /** Epochs without progress on the validation part after which the fit stops. */
  readonly patience: number;
  readonly device: 'auto' | 'cpu' | 'cuda';
}

export type BotParams = CatBoostParams | ForestParams | DeepParams;

export type FeatureSelection =
  | { readonly method: 'rfe'; readonly maxFeatures: number; readonly steps: number }
  | { readonly method: 'importance'; readonly maxFeatures: number }
  | { readonly method: 'reuse'; readonly features: readonly string[] }
  | { readonly method: 'none' };

export interface TrainerJob {
  readonly uid: string;
  readonly bot: string;
  /** Absolute path of what `writeFeatureFile` wrote. */
  readonly featuresFile: string;
  /** Absolute path of a directory that does not exist yet. */
  readonly outputDir: string;
  readonly seed: number;
  readonly split: Split;
  readonly params: BotParams;
  readonly selection: FeatureSelection;
  readonly classWeights: ClassWeights | undefined;
  /** The model that is continued instead of fitting a new one. */
  readonly parent?: ParentFiles | undefined;
  /** Absolute paths of a base model's files: the model becomes a residual on it. */
  readonly baseModel?: { readonly judged: string; readonly served: string } | undefined;
  /** Goes into the manifest under `model` as it is. */
  readonly describe: Readonly<Record<string, unknown>>;
}

/** A model to be continued. Both its models are: the judged one has never seen the test part. */
export interface ParentFiles {
  /** Absolute paths of the files with their trees or weights, verified. */
  readonly served: string;
  readonly judged: string;
  /** Trees to be added to each, or epochs that each learns for. */
  readonly iterations: number;
  /** Least and greatest value of each feature over the rows that it has seen. */
  readonly ranges: readonly (readonly [number, number])[];
}

/** The line that the trainer reads. */
export function toJobLine(job: TrainerJob): string {
  const { split } = job;
  const line = {
    job: job.uid,
    bot: job.bot,
    features_file: job.featuresFile,
    output_dir: job.outputDir,
    seed: job.seed,
    split: {
      train: toPair(split.train),
      validation: toPair(split.validation),
      test: toPair(split.test),
    },
    params: toParams(job.params),
    selection: toSelection(job.selection),
    class_weights: job.classWeights ?? null,
    parent: job.parent,
    base_model: job.baseModel ?? null,
    describe: job.describe,
  };
  return `${JSON.stringify(line)}\n`;
}

function toPair(range: RowRange): readonly [number, number] {
  return [range.from, range.to];
}

/** The trainer's names are ours in snake_case. */
function toParams(params: BotParams): Record<string, unknown> {
  const toSnakeCase = (name: string): string =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(params).map(([name, value]): [string, unknown] => [toSnakeCase(name), value]),
  );
}

function toSelection(selection: FeatureSelection): Record<string, unknown> {
  if (!('maxFeatures' in selection)) return { ...selection };
  const { maxFeatures, ...rest } = selection;
  return { ...rest, max_features: maxFeatures };
}

/** Asks for one model of many instruments. */
export interface BaseModelJob {
  readonly kind: 'base_model';
  readonly uid: string;
  readonly bot: string;
  /** Absolute paths of what `writeFeatureFile` wrote, one for each member. */
  readonly members: readonly string[];
  /** Absolute path of a directory that does not exist yet. */
  readonly outputDir: string;
  readonly seed: number;
  /** The same for every member. */
  readonly cuts: PoolCuts;
  readonly params: CatBoostParams | DeepParams;
  readonly selection: FeatureSelection;
  /** Features that every member has. */
  readonly candidates: readonly string[];
  /** Most training rows that the selection looks at. */
  readonly selectionRows: number;
  /** Most rows that windows are read from; a bot of single rows gets files of no more. */
  readonly maxRows?: number | undefined;
  /** Goes into the manifest under `model` as it is. */
  readonly describe: Readonly<Record<string, unknown>>;
}

/** Open times of rows, both ends included. */
export type PoolCuts = Omit<SplitTimes, 'testFrom'>;

/**
 * The line that the trainer reads.
 *
 * @param threads of the processor that its fits may take; they come out the same
 */
export function toBaseModelJobLine(job: BaseModelJob, threads: number): string {
  const { uid, bot, members, seed, cuts, candidates, describe } = job;
  const line = {
    job: uid,
    kind: job.kind,
    bot,
    members,
    seed,
    candidates,
    describe,
    output_dir: job.outputDir,
    cuts: {
      train_to: cuts.trainTo,
      validation_from: cuts.validationFrom,
      validation_to: cuts.validationTo,
    },
    params: toParams(job.params),
    selection: toSelection(job.selection),
    selection_rows: job.selectionRows,
    max_rows: job.maxRows,
    threads,
  };
  return `${JSON.stringify(line)}\n`;
}
