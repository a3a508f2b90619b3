import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '../../src/lib/clock.js';
import { checkPython, type PythonCheck } from '../../src/training/trainer-process/check-python.js';
import { writeFeatureFile, type FeatureTable } from '../../src/training/dataset/feature-file.js';
import {
  findPython,
  trainerCommand,
  trainerDir,
} from '../../src/training/trainer-process/python-command.js';
import type {
  CatBoostParams,
  DeepParams,
  TrainerJob,
} from '../../src/training/trainer-process/trainer-job.js';
import {
  TrainerProcess,
  type TrainerProcessOptions,
} from '../../src/training/trainer-process/trainer-process.js';

/** Folder with package.json; the compiled copy of this file lies one folder deeper. */
const here = fileURLToPath(new URL('../../', import.meta.url));
export const PROJECT_DIR = here.endsWith(`${path.sep}dist${path.sep}`) ? path.dirname(here) : here;
export const TRAINER_DIR = trainerDir(PROJECT_DIR);
export const PYTHON = findPython({ python: process.env['PYTHON'], projectDir: PROJECT_DIR });
/** Suites that need it are skipped by this name where `npm run setup` has not been run. */
export const HAS_PYTHON = !path.isAbsolute(PYTHON) || existsSync(PYTHON);

let check: Promise<PythonCheck> | undefined;

/** What the daemon asks at its start; here once for all services of the process, because it takes half a second. */
export function checkRealPython(): Promise<PythonCheck> {
  return (check ??= checkPython(PYTHON, TRAINER_DIR));
}

/** A network that learns in a second. */
export const SMALL_NETWORK: DeepParams = {
  epochs: 12,
  windowRows: 8,
  width: 16,
  learningRate: 0.01,
  weightDecay: 0.01,
  dropout: 0.1,
  batchRows: 64,
  patience: 4,
  device: 'cpu',
};

/** PyTorch is an extra: suites that need it are skipped by that command where it has not been run. */
export function hasTorch(): boolean {
  const look = 'import importlib.metadata; importlib.metadata.version("torch")';
  return HAS_PYTHON && spawnSync(PYTHON, ['-c', look], { stdio: 'ignore' }).status === 0;
}

export function createTrainer(overrides: Partial<TrainerProcessOptions> = {}): TrainerProcess {
  return new TrainerProcess({
    command: trainerCommand(PYTHON),
    cwd: TRAINER_DIR,
    memoryLimitMb: 400,
    jobTimeoutMs: 300_000,
    recycleAfterJobs: 50,
    recycleAboveMb: 340,
    clock: new SystemClock(),
    logger: SILENT_LOGGER,
    // Each look at its memory costs milliseconds.
    pollIntervalMs: 250,
    ...overrides,
  });
}

/** A folder for one test file, removed by `remove`. */
export async function createScratch(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-trainer-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Uniform in [0, 1): a 32-bit generator by mulberry32, so that every run sees the same rows. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface TableOptions {
  readonly rows: number;
  readonly columns: number;
  readonly seed?: number;
}

/** The last rows have no label, as the newest candles have none. */
const UNLABELLED_ROWS = 4;

/**
 * Noise in which the classes, a third each, follow from `f0` and `f1` plus noise of their size: a
 * model can do better than the prior, but not perfectly.
 */
export function createTable({ rows, columns, seed = 1 }: TableOptions): FeatureTable {
  const random = createRandom(seed);
  const centred = (): number => random() + random() + random() - 1.5;
  const values = Float32Array.from({ length: rows * columns }, centred);
  const returns = Float32Array.from({ length: rows }, (_, row) => {
    return (values[row] ?? 0) - (values[rows + row] ?? 0) + centred();
  });
  const sorted = returns.toSorted();
  const low = sorted[Math.floor(rows / 3)] ?? 0;
  const high = sorted[Math.floor((2 * rows) / 3)] ?? 0;
  const labels = Int32Array.from(returns, (value) => (value < low ? 0 : value < high ? 1 : 2));
  labels.fill(-1, rows - UNLABELLED_ROWS);
  return {
    names: Array.from({ length: columns }, (_, column) => `f${column}`),
    rows,
    values,
    labels,
    forwardReturns: returns,
    openTimes: Float64Array.from({ length: rows }, (_, row) => 1.7e12 + row * 3.6e6),
  };
}

export interface JobOptions {
  readonly uid: string;
  readonly folder: string;
  readonly rows: number;
  readonly featuresFile: string;
}

type CatBoostJob = TrainerJob & { readonly params: CatBoostParams };

/** Split 70/15/15 with eight rows taken out before each cut, and small fast trees. */
export function createJob(options: JobOptions, overrides?: undefined): CatBoostJob;
export function createJob(options: JobOptions, overrides?: Partial<TrainerJob>): TrainerJob;
export function createJob(options: JobOptions, overrides: Partial<TrainerJob> = {}): TrainerJob {
  const { rows, folder, uid, featuresFile } = options;
  const first = Math.floor(rows * 0.7);
  const second = Math.floor(rows * 0.85);
  return {
    uid,
    bot: 'catboost',
    featuresFile,
    outputDir: path.join(folder, uid),
    seed: 7,
    split: {
      train: { from: 0, to: first - 8 },
      validation: { from: first, to: second - 8 },
      test: { from: second, to: rows - UNLABELLED_ROWS },
    },
    params: {
      iterations: 80,
      depth: 4,
      learningRate: 0.1,
      l2LeafReg: 10,
      rsm: 0.5,
      bootstrapType: 'Bernoulli',
      subsample: 0.7,
      borderCount: 64,
      earlyStoppingRounds: 20,
    },
    selection: { method: 'none' },
    classWeights: undefined,
    describe: {},
    ...overrides,
  };
}

export async function writeTable(
  folder: string,
  name: string,
  table: FeatureTable,
): Promise<string> {
  const file = path.join(folder, name);
  await writeFeatureFile(file, table);
  return file;
}
