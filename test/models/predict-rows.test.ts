import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFeatureWorkspace } from '../../src/features/feature-matrix.js';
import { predictRow, predictRows } from '../../src/models/predict-rows.js';
import { openServingModel, type ModelSpecification } from '../../src/models/serving-model.js';
import { SessionCache } from '../../src/models/session-cache.js';
import { WALK_START, walkColumns } from './candle-walk.js';
import {
  buildModelRecord,
  TINY_FEATURES,
  writeModelFolder,
  type ModelFolderOptions,
} from './model-folder.js';

const BARS = 1200;
const series = walkColumns({ bars: BARS });
/** From bars whose history is not complete yet. */
const FROM = WALK_START + 400;
const TO = WALK_START + BARS;

let modelsDir: string;

beforeEach(async () => {
  modelsDir = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-rows-'));
});

afterEach(() => rm(modelsDir, { recursive: true, force: true }));

async function openModel(options: Partial<ModelFolderOptions> = {}): Promise<ModelSpecification> {
  const { manifestSha256, modelPath } = await writeModelFolder({ modelsDir, ...options });
  const features = TINY_FEATURES;
  const record = buildModelRecord({ uid: 'm', modelPath, manifestSha256, features });
  return (await openServingModel({ record, modelsDir, maxFileBytes: 20_000_000 })).specification;
}

it('many bars at once are answered as each of them alone, bit for bit', async () => {
  // Some bars of the walk lie outside these ranges in most of their features: they are novel.
  const featureRanges = TINY_FEATURES.map((): [number, number] => [-0.02, 0.02]);
  const model = await openModel({ featureRanges });
  const sessions = new SessionCache();
  const session = await sessions.get(model);
  const workspace = createFeatureWorkspace();
  const request = { model, series, reference: undefined, workspace };
  const together = await predictRows({ ...request, fromIndex: FROM, toIndex: TO }, session);
  const seen = new Set<string>();
  expect(together.length).toBe(TO - FROM);
  for (const [at, outcome] of together.entries()) {
    const alone = await predictRow({ ...request, index: FROM + at }, session);
    expect({ ...outcome, latencyUs: 0 }).toEqual({ ...alone, latencyUs: 0 });
    seen.add(outcome.status === 'predicted' ? 'predicted' : outcome.reason);
  }
  await sessions.release(model.modelUid);
  expect([...seen].sort()).toEqual(['features_missing', 'novel', 'predicted']);
});
