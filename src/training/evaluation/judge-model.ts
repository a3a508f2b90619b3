import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Task } from '../../domain/bots.js';
import type { DayScore } from '../../domain/experiment.js';
import type {
  CalibrationBin,
  Interval,
  LabelThresholds,
  TestScore,
} from '../../domain/model-record.js';
import { featureHash } from '../../features/feature-hash.js';
import { seededRandom } from '../../lib/seeded-random.js';
import { toUnweightedProbabilities } from '../../models/class-probabilities.js';
import { createOnnxSession, type OnnxSession } from '../../models/onnx-session.js';
import { readVerifiedFile } from '../../models/verified-file.js';
import type { Champion } from './champion.js';
import type { ClassWeights } from '../../domain/class-weights.js';
import { DEFAULT_BOOTSTRAP } from './block-bootstrap.js';
import {
  compareRegressorWithChampion,
  compareWithChampion,
  compareWithParent,
  type ChampionComparison,
} from './compare-champion.js';
import { aucInterval } from './auc-interval.js';
import { argmaxOf, calibrationBins } from './classification.js';
import { dailyClassifierScores, dailyRegressorScores } from './daily-scores.js';
import type { Predicted, Prior } from './losses.js';
import { scoreClassifier } from './score-classifier.js';
import { scoreErrors, scoreRegressor } from './score-regressor.js';
import type { Parity } from './gate.js';
import { readTestExamples, type TestExamples } from './test-examples.js';
import type { RowRange } from '../dataset/split.js';

const CLASSES = 3;
const TIMED_RUNS = 51;

/** The trainer's files for judging; the served model is `model.onnx`. */
export const JUDGED_MODEL = 'judged.onnx';
export const SERVED_MODEL = 'model.onnx';
export const JUDGED_ANSWERS = 'judged-test.f32';
export const SERVED_ANSWERS = 'refit-test.f32';
export const PARENT_PROBABILITIES = 'parent-test.f32';

export interface JudgeRequest {
  readonly task: Task;
  readonly featuresFile: string;
  /** Folder of the candidate. */
  readonly folder: string;
  /** What the manifest says of the candidate's files. */
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>;
  /** Names in the order of the model's columns. */
  readonly features: readonly string[];
  readonly referenceSymbol: string | undefined;
  /** Rows that the model reads to answer for the last of them. */
  readonly windowRows: number;
  readonly test: RowRange;
  readonly classWeights: ClassWeights | undefined;
  /** Thresholds of the classes; of a regressor, the returns that pay for a round trip. */
  readonly thresholds: LabelThresholds;
  /** Unweighted frequencies of the training part. */
  readonly prior: Prior;
  /** Seeds the bootstrap. */
  readonly dataSha256: string;
  /** Rows that the bootstrap draws together. */
  readonly blockRows: number;
  readonly maxFileBytes: number;
  /** The serving model to compare with, where the gate asks for it. */
  readonly champion?: Champion | undefined;
  /** Whether the scores of each day are wanted. */
  readonly isScoredByDay?: boolean | undefined;
  /** The model that was continued; the predictions of its judged model lie in the candidate's folder. */
  readonly parentUid?: string | undefined;
}

/** The result of judging a candidate on its test rows. */
export interface Judgement {
  readonly task: Task;
  readonly judgedParity: Parity;
  readonly refittedParity: Parity;
  /** Median of one row inside the served model's run. */
  readonly latencyMs: number;
  /** By the catalogue of this thread, which computed the rows. */
  readonly featureHash: string;
  /** Of the judged model, which never saw the test rows. */
  readonly score: TestScore;
  /** Of the judged model too; undefined for a regressor, which says no probabilities. */
  readonly calibration: readonly CalibrationBin[] | undefined;
  /** Of the judged classifier: the directional AUC of its score. */
  readonly aucInterval: Interval | undefined;
  /** Of the judged model too, where they were asked for. */
  readonly days?: readonly DayScore[] | undefined;
  /** Of the judged model too. */
  readonly champion?: ChampionComparison | undefined;
  /** Of an increment's judged model, against the one that it continues. */
  readonly parent?: ChampionComparison | undefined;
}

/**
 * Runs both models of a candidate over the test rows and compares them with the trainer's predictions.
 *
 * @throws RejectedError when a file is damaged or no model
 */
export async function judgeModel(request: JudgeRequest): Promise<Judgement> {
  const rows = await readTestExamples(request);
  const judged = await runOverRows(request, JUDGED_MODEL, rows);
  const refitted = await runOverRows(request, SERVED_MODEL, rows);
  return {
    task: request.task,
    judgedParity: await compare(request, JUDGED_ANSWERS, judged),
    refittedParity: await compare(request, SERVED_ANSWERS, refitted),
    latencyMs: refitted.latencyMs,
    featureHash: featureHash(request.features, request.referenceSymbol),
    ...(request.task === 'classifier'
      ? await scoreClasses(request, rows, judged)
      : scoreReturns(request, rows, judged.answers)),
  };
}

type Scored = Pick<
  Judgement,
  'score' | 'calibration' | 'aucInterval' | 'days' | 'champion' | 'parent'
>;

async function scoreClasses(request: JudgeRequest, rows: TestExamples, run: Run): Promise<Scored> {
  const { champion, classWeights, dataSha256, prior } = request;
  const probabilities = toHonestRows(run, classWeights);
  const predicted = { probabilities, labels: rows.labels, prior };
  return {
    score: { ...scoreClassifier(predicted, dataSha256), ...scoreReturnHead(run, rows) },
    calibration: calibrationBins(probabilities, rows.labels),
    aucInterval: aucInterval(probabilities, rows.labels, seededRandom(dataSha256)),
    days: request.isScoredByDay ? dailyClassifierScores(predicted, rows.openTimes) : undefined,
    champion: champion && compareWithChampion({ ...rows, ...predicted }, champion),
    parent: await judgeAgainstParent(request, predicted),
  };
}

/** Of a classifier that expects a return as well. */
function scoreReturnHead(
  { answers, width }: Run,
  { forwardReturns: returns }: TestExamples,
): Pick<TestScore, 'regression'> {
  if (width === CLASSES) return {};
  const predictions = Float32Array.from(returns, (_, row) => answers[row * width + CLASSES] ?? NaN);
  return { regression: scoreErrors({ predictions, returns }) };
}

function scoreReturns(
  request: JudgeRequest,
  rows: TestExamples,
  predictions: Float32Array,
): Scored {
  const { blockRows, champion, dataSha256, prior, thresholds } = request;
  const { labels, forwardReturns: returns } = rows;
  const predicted = { predictions, returns, labels, thresholds, prior };
  return {
    score: scoreRegressor(predicted, dataSha256, { ...DEFAULT_BOOTSTRAP, blockRows }),
    calibration: undefined,
    aucInterval: undefined,
    days: request.isScoredByDay ? dailyRegressorScores(predicted, rows.openTimes) : undefined,
    champion: champion && compareRegressorWithChampion({ ...rows, predictions }, champion),
    parent: undefined,
  };
}

async function judgeAgainstParent(
  request: JudgeRequest,
  predicted: Predicted,
): Promise<ChampionComparison | undefined> {
  const { parentUid: modelUid, classWeights } = request;
  if (modelUid === undefined) return undefined;
  const answers = await readAnswers(request, PARENT_PROBABILITIES);
  const width = answers.length / predicted.labels.length;
  return compareWithParent(predicted, {
    modelUid,
    probabilities: toHonestRows({ answers, width }, classWeights),
  });
}

interface Answers {
  /** Of a classifier three probabilities an answer, of a regressor one return; of a model of both four values. */
  readonly answers: Float32Array;
  /** Values of an answer. */
  readonly width: number;
}

interface Run extends Answers {
  readonly latencyMs: number;
}

async function runOverRows(request: JudgeRequest, name: string, rows: TestExamples): Promise<Run> {
  const { features, folder, files, maxFileBytes } = request;
  const expected = { sha256: files[name]?.sha256 ?? 'none', bytes: files[name]?.bytes };
  const bytes = await readVerifiedFile(
    { path: path.join(folder, name), ...expected },
    maxFileBytes,
  );
  const session = await createOnnxSession(bytes, features.length, request);
  try {
    const answers = await rows.answer(session);
    return { answers, width: session.width, latencyMs: await timeOneRow(session, rows.first) };
  } finally {
    await session.release();
  }
}

/** @param row what the model reads for one answer */
async function timeOneRow(session: OnnxSession, row: Float32Array): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < TIMED_RUNS; run++) {
    const startedAt = performance.now();
    await session.run(row, 1);
    times.push(performance.now() - startedAt);
  }
  times.sort((one, other) => one - other);
  return times[Math.floor(TIMED_RUNS / 2)] ?? NaN;
}

/** Compares ONNX with the trainer's predictions for the same rows, both before the class weights are divided out. */
async function compare(
  request: JudgeRequest,
  name: string,
  { answers, width }: Answers,
): Promise<Parity> {
  const trainer = await readAnswers(request, name);
  const rows = answers.length / width;
  if (trainer.length !== answers.length) return { rows, maxDifference: NaN, classFlips: rows };
  return measureParity(answers, trainer, width);
}

async function readAnswers({ folder }: JudgeRequest, name: string): Promise<Float32Array> {
  const bytes = await readFile(path.join(folder, name));
  return new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  );
}

/**
 * @param width values of an answer; the first three are probabilities unless there is only one
 * @returns a difference of NaN as soon as one answer is not a number; a return has no class to flip
 */
export function measureParity(onnx: Float32Array, trainer: Float32Array, width = CLASSES): Parity {
  const rows = onnx.length / width;
  let maxDifference = 0;
  onnx.forEach((value, at) => {
    maxDifference = Math.max(maxDifference, Math.abs(value - (trainer[at] ?? NaN)));
  });
  const classOf = (answers: Float32Array, row: number): number =>
    argmaxOf(answers.subarray(row * width, row * width + CLASSES), 0);
  let classFlips = 0;
  for (let row = 0; width >= CLASSES && row < rows; row++) {
    if (classOf(onnx, row) !== classOf(trainer, row)) classFlips++;
  }
  return { rows, maxDifference, classFlips };
}

function toHonestRows(
  { answers, width }: Answers,
  weights: ClassWeights | undefined,
): Float64Array {
  const rows = answers.length / width;
  const honest = new Float64Array(rows * CLASSES);
  for (let row = 0; row < rows; row++) {
    const raw = answers.subarray(row * width, row * width + CLASSES);
    honest.set(toUnweightedProbabilities(raw, weights), row * CLASSES);
  }
  return honest;
}
