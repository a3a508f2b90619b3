import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSettings } from '../config/read-settings.js';
import { toColumns, type CandleColumns } from '../src/domain/candle-columns.js';
import type { PromotionGate } from '../src/domain/model-record.js';
import { featureHash } from '../src/features/feature-hash.js';
import { buildDataset, type DatasetRequest } from '../src/training/dataset/build-dataset.js';
import type { DatasetSummary } from '../src/training/dataset/dataset-summary.js';
import { toCatBoostParams } from '../src/training/options/bot-params.js';
import { findClassWeights } from '../src/domain/class-weights.js';
import { toPrior } from '../src/training/evaluation/losses.js';
import { writeFeatureFile } from '../src/training/dataset/feature-file.js';
import { judge } from '../src/training/evaluation/gate.js';
import { judgeModel, type Judgement } from '../src/training/evaluation/judge-model.js';
import { planSelection } from '../src/training/preparation/selection-plan.js';
import { rowCount } from '../src/training/dataset/split.js';
import type { TrainingOptions } from '../src/training/options/training-options.js';
import type { CatBoostParams } from '../src/training/trainer-process/trainer-job.js';
import type { TrainerDone } from '../src/training/trainer-process/trainer-outcome.js';
import type { TrainerProcess } from '../src/training/trainer-process/trainer-process.js';
import { createTrainer } from '../test/trainer/real-trainer.js';
import { loadGenerated, YEAR_HALF_BARS, type PairCandles } from './markets.js';

const SETTINGS = readSettings({}).settings;
const BYTES_A_MB = 1_000_000;
const MAX_LATENCY_MS = 50;

/** The default settings. */
const DEFAULT_PARAMS = toCatBoostParams({
  iterations: SETTINGS.catboostIterations,
  depth: SETTINGS.catboostDepth,
  learningRate: SETTINGS.catboostLearningRate,
  l2LeafReg: SETTINGS.catboostL2LeafReg,
  rsm: SETTINGS.catboostRsm,
  bootstrapType: SETTINGS.catboostBootstrapType,
  subsample: SETTINGS.catboostSubsample,
  borderCount: SETTINGS.catboostBorderCount,
  earlyStoppingRounds: SETTINGS.catboostEarlyStoppingRounds,
});

/** The options that the daemon would give to training, with the benchmark's venue, symbols and folder. */
export function defaultTrainingOptions(
  own: Pick<TrainingOptions, 'venue' | 'symbols'> & { readonly folder: string },
): TrainingOptions {
  const { venue, symbols, folder } = own;
  const primarySymbol = symbols[0] ?? '';
  return {
    ...SETTINGS,
    ...{ venue, symbols, primarySymbol, referenceSymbol: primarySymbol },
    timeframes: ['1h'],
    bots: ['catboost'],
    batchSize: 25,
    promotionGate: 'baseline',
    trainRetryCooldownSec: 600,
    maxLatencyMs: MAX_LATENCY_MS,
    catboost: DEFAULT_PARAMS,
    modelsDir: path.join(folder, 'models'),
    workDir: path.join(folder, 'work'),
  };
}

export interface FitRequest {
  readonly pair: PairCandles;
  /** The candles of the reference symbol, which may be the pair itself. */
  readonly reference: PairCandles | undefined;
  /** Bars of the training window. */
  readonly bars?: number;
  /** Features to start from; by default the whole catalogue. Without `maxFeatures` all of these are kept. */
  readonly features?: readonly string[];
  /** How many the selection may keep; by default what the settings say. */
  readonly maxFeatures?: number;
  readonly params?: Partial<CatBoostParams>;
}

/** A pair's model, made and judged as in training. */
export interface Fitted {
  readonly symbol: string;
  readonly summary: DatasetSummary;
  readonly featuresFile: string;
  readonly trained: TrainerDone;
  readonly judgement: Judgement;
  readonly series: CandleColumns;
  readonly reference: CandleColumns | undefined;
  passes(gate: PromotionGate): boolean;
}

/**
 * Training from candles to a verdict, with the default settings and without a database: the same dataset,
 * the same trainer process, the same judge.
 */
export class FitPipeline {
  readonly #trainer: TrainerProcess;
  #fits = 0;

  private constructor(readonly folder: string) {
    this.#trainer = createTrainer();
  }

  static async open(): Promise<FitPipeline> {
    return new FitPipeline(await mkdtemp(path.join(tmpdir(), 'evenkeel-bench-')));
  }

  async close(): Promise<void> {
    await this.#trainer.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async fit(request: FitRequest): Promise<Fitted> {
    const uid = `fit-${++this.#fits}`;
    const featuresFile = path.join(this.folder, `${uid}.evkf`);
    const { summary, dataSha256, series, reference } = await prepare(request, featuresFile);
    const classWeights = findClassWeights(summary.trainCounts, SETTINGS.classWeights);
    const trained = await this.#trainer.run({
      ...{ uid, featuresFile, classWeights, bot: 'catboost' },
      outputDir: path.join(this.folder, uid),
      seed: SETTINGS.trainSeed,
      split: summary.split,
      params: { ...DEFAULT_PARAMS, ...request.params },
      selection: selectionOf(request, summary),
      describe: {},
    });
    if (trained.status === 'failed') throw new Error(`${request.pair.symbol}: ${trained.message}`);
    const { features, files } = trained.manifest;
    const referenceSymbol = request.reference?.symbol;
    const judgement = await judgeModel({
      ...({ task: 'classifier', windowRows: 1, thresholds: summary.thresholds } as const),
      ...{ featuresFile, features, files, referenceSymbol, dataSha256, classWeights },
      folder: trained.outputDir,
      blockRows: 24,
      test: summary.split.test,
      prior: toPrior(summary.trainCounts),
      maxFileBytes: SETTINGS.maxModelMb * BYTES_A_MB,
    });
    const passes = (gate: PromotionGate): boolean => {
      const facts = {
        ...judgement,
        expectedFeatureHash: featureHash(features, referenceSymbol),
        modelSizeMb: (files['model.onnx']?.bytes ?? Infinity) / BYTES_A_MB,
        maxModelMb: SETTINGS.maxModelMb,
        maxLatencyMs: MAX_LATENCY_MS,
      };
      return judge(gate, facts, { ...judgement, championMinRows: 100 }).isPromoted;
    };
    const { symbol } = request.pair;
    return { symbol, summary, featuresFile, trained, judgement, series, reference, passes };
  }

  /** Removes the files of a fit. */
  async discard({ featuresFile, trained }: Fitted): Promise<void> {
    await rm(featuresFile, { force: true });
    await rm(trained.outputDir, { recursive: true, force: true });
  }
}

/** A pair of the generated market and the one that it is compared with. */
export interface GeneratedPair {
  readonly pipeline: FitPipeline;
  readonly pair: PairCandles;
  readonly reference: PairCandles;
  /** A description for the notes of a benchmark. */
  readonly source: string;
}

/** Runs `use` with a pipeline and a pair, which is the same each time. */
export async function withGeneratedPair<T>(
  use: (generated: GeneratedPair) => Promise<T>,
): Promise<T> {
  const { pairs, source } = loadGenerated({ count: 2, seed: '1' });
  const [reference, pair] = pairs;
  if (reference === undefined || pair === undefined) throw new Error('no market');
  const pipeline = await FitPipeline.open();
  try {
    return await use({ pipeline, pair, reference, source });
  } finally {
    await pipeline.close();
  }
}

export function columnsOf({ candles }: PairCandles): CandleColumns {
  return toColumns(candles, { timeframe: '1h', firstBarIndex: undefined, isKnownGap: () => true });
}

/** How other models than one of trees are prepared. */
type PreparedAs = Pick<DatasetRequest, 'windowRows' | 'keepConstantFeatures'>;

interface PreparedPair {
  readonly summary: DatasetSummary;
  readonly dataSha256: string;
  readonly series: CandleColumns;
  readonly reference: CandleColumns | undefined;
}

/** Writes a pair's feature file, as training does. */
export async function prepare(
  request: Omit<FitRequest, 'params' | 'maxFeatures'> & PreparedAs,
  featuresFile: string,
): Promise<PreparedPair> {
  const {
    pair,
    reference: other,
    bars = YEAR_HALF_BARS,
    windowRows,
    keepConstantFeatures,
  } = request;
  const series = columnsOf(pair);
  const isReference = other?.symbol === pair.symbol;
  const reference = isReference ? series : other && columnsOf(other);
  const toIndex = series.firstIndex + series.length;
  const horizonBars = SETTINGS.labelHorizonBars;
  const dataset = buildDataset({
    ...{ series, reference, toIndex, horizonBars, windowRows, keepConstantFeatures },
    fromIndex: toIndex - bars,
    embargoBars: SETTINGS.embargoBars === 'auto' ? horizonBars : SETTINGS.embargoBars,
    trainFraction: SETTINGS.trainSplit[0] / 100,
    validationFraction: SETTINGS.trainSplit[1] / 100,
    minSamples: SETTINGS.minInitialTrainSamples,
    candidateFeatures: request.features,
  });
  if (dataset.status === 'too_few_rows') throw new Error(`${pair.symbol}: ${dataset.reason}`);
  const { sha256 } = await writeFeatureFile(featuresFile, dataset.table);
  return { summary: dataset.summary, dataSha256: sha256, series, reference };
}

function selectionOf(
  { features, maxFeatures }: FitRequest,
  summary: DatasetSummary,
): ReturnType<typeof planSelection>['selection'] {
  if (features !== undefined && maxFeatures === undefined) return { method: 'none' };
  return planSelection({
    candidates: summary.names,
    trainRows: rowCount(summary.split.train),
    catalogueHash: '',
    earlier: [],
    marketMs: summary.dataEnd,
    minRfeSamples: SETTINGS.minRfeSamples,
    maxBaselineFeatures: maxFeatures ?? SETTINGS.maxBaselineFeatures,
  }).selection;
}
