import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { featureHash } from '../../src/features/feature-hash.js';

/** Features of today's catalogue that stand in for the eight columns of the small models. */
export const TINY_FEATURES: readonly string[] = [
  'log_return_1',
  'log_return_2',
  'log_return_3',
  'log_return_4',
  'log_return_6',
  'log_return_8',
  'log_return_12',
  'log_return_24',
];

/** Both were trained by CatBoost: see make_fixtures.py. */
export type TinyModel = 'a' | 'b';

export function fixturePath(name: string): string {
  // Also from the compiled copy below dist/, the committed files are meant.
  const folder = fileURLToPath(new URL('./fixtures/', import.meta.url)).replace('/dist/', '/');
  return path.join(folder, name);
}

export interface TinyAnswers {
  readonly rows: readonly (readonly number[])[];
  readonly a: readonly (readonly number[])[];
  readonly b: readonly (readonly number[])[];
}

export async function readTinyAnswers(): Promise<TinyAnswers> {
  return JSON.parse(await readFile(fixturePath('tiny-answers.json'), 'utf8')) as TinyAnswers;
}

export interface ModelFolderOptions {
  readonly modelsDir: string;
  readonly modelPath?: string;
  readonly model?: TinyModel;
  /** Takes the place of the model's bytes; the manifest agrees with them. */
  readonly onnxBytes?: Uint8Array;
  readonly features?: readonly string[];
  readonly featureRanges?: readonly (readonly [number, number])[];
  /** Changes the manifest before it is written. */
  readonly alter?: (manifest: Record<string, unknown>) => Record<string, unknown>;
}

export interface WrittenModel {
  readonly modelPath: string;
  readonly folder: string;
  readonly manifestSha256: string;
}

/** Writes a model's folder as the trainer does. */
export async function writeModelFolder(options: ModelFolderOptions): Promise<WrittenModel> {
  const { features = TINY_FEATURES, model = 'a', modelPath = `tiny/${model}` } = options;
  const folder = path.join(options.modelsDir, modelPath);
  await mkdir(folder, { recursive: true });
  const onnx = options.onnxBytes ?? (await readFile(fixturePath(`tiny-${model}.onnx`)));
  const cbm = Buffer.from('stands for the file that continues training');
  await writeFile(path.join(folder, 'model.onnx'), onnx);
  await writeFile(path.join(folder, 'model.cbm'), cbm);
  const manifest = {
    format: 1,
    features,
    class_order: ['SELL', 'HOLD', 'BUY'],
    files: { 'model.onnx': describe(onnx), 'model.cbm': describe(cbm) },
    feature_ranges: options.featureRanges ?? features.map(() => [-1, 1]),
    class_weights: null,
    model: {},
  };
  const text = JSON.stringify(options.alter?.(manifest) ?? manifest);
  await writeFile(path.join(folder, 'manifest.json'), text);
  return { modelPath, folder, manifestSha256: sha256(Buffer.from(text)) };
}

/** The record of a model that serves BTC/USDT 1h. */
export function buildModelRecord(changes: Partial<ModelRecord> = {}): ModelRecord {
  const features = changes.features ?? TINY_FEATURES;
  return {
    venue: 'demo:test:1',
    symbol: 'BTC/USDT',
    timeframe: '1h',
    bot: 'catboost',
    uid: 'model-1',
    jobUid: 'job-1',
    parentUid: undefined,
    stage: 'serving',
    status: 'active',
    trainedAt: 0,
    trainingDurationSec: 1,
    dataPointsUsed: 1_000,
    trainingPeriod: '180d',
    trainingLoss: 1,
    validationLoss: 1,
    testScore: undefined,
    verdict: undefined,
    modelPath: undefined,
    modelSizeMb: 0.02,
    manifestSha256: undefined,
    featureHash: changes.featureHash ?? featureHash(features, changes.referenceSymbol),
    catalogueHash: undefined,
    features,
    referenceSymbol: undefined,
    horizonBars: 4,
    thresholds: { sell: -0.002, buy: 0.003 },
    classMeanReturns: [-0.01, 0.0005, 0.012],
    classWeights: undefined,
    classDistribution: [320, 340, 340],
    sanitization: undefined,
    selectedAt: undefined,
    dataEnd: undefined,
    errorMessage: undefined,
    config: {},
    ...changes,
  };
}

function describe(bytes: Uint8Array): { sha256: string; bytes: number } {
  return { sha256: sha256(bytes), bytes: bytes.length };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
