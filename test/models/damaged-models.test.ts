import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barOpenTime } from '../../src/domain/timeframe.js';
import { SystemClock } from '../../src/lib/clock.js';
import { Predictor } from '../../src/models/predictor.js';
import { openServingModel, type ServingModel } from '../../src/models/serving-model.js';
import { messageOf } from '../../src/lib/errors.js';
import { mulberry32, WALK_START, walkColumns } from './candle-walk.js';
import { KeptLogger } from './kept-logger.js';
import { buildModelRecord, writeModelFolder, type WrittenModel } from './model-folder.js';

const MODELS = process.env['EVENKEEL_TEST_LONG'] === 'true' ? 200 : 30;
const BARS = 700;
const FILES = ['model.onnx', 'manifest.json'] as const;

let modelsDir: string;
let predictor: Predictor;
let serving: ServingModel;
const series = walkColumns({ bars: BARS });
const candleOpenTime = barOpenTime(WALK_START + BARS - 1, '1h');

beforeAll(async () => {
  modelsDir = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-damaged-models-'));
  predictor = new Predictor({ clock: new SystemClock(), logger: new KeptLogger() });
  predictor.start();
  serving = await open(await writeModelFolder({ modelsDir, modelPath: 'serving' }), 'serving');
});
afterAll(async () => {
  await predictor.stop();
  await rm(modelsDir, { recursive: true, force: true });
});

function open({ modelPath, manifestSha256 }: WrittenModel, uid: string): Promise<ServingModel> {
  const record = buildModelRecord({ uid, modelPath, manifestSha256 });
  return openServingModel({ record, modelsDir, maxFileBytes: 1_000_000 });
}

/** What keeps the model from serving, from its folder to its first row; undefined when nothing does. */
async function findRefusal(written: WrittenModel, uid: string): Promise<string | undefined> {
  try {
    const prepared = await predictor.prepare(await open(written, uid));
    return 'detail' in prepared ? prepared.detail : undefined;
  } catch (error) {
    return messageOf(error);
  }
}

type Damage = (folder: string, random: () => number) => Promise<void>;

const pickFile = (folder: string, random: () => number): string =>
  path.join(folder, FILES[Math.floor(random() * FILES.length)] ?? 'model.onnx');

const DAMAGES: Readonly<Record<string, Damage>> = {
  'a flipped bit': async (folder, random) => {
    const file = pickFile(folder, random);
    const bytes = await readFile(file);
    const at = Math.floor(random() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    await writeFile(file, bytes);
  },
  'a cut file': async (folder, random) => {
    const file = pickFile(folder, random);
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, Math.floor(random() * bytes.length)));
  },
  'a longer file': async (folder, random) => {
    const file = pickFile(folder, random);
    const tail = Buffer.alloc(1 + Math.floor(random() * 64));
    await writeFile(file, Buffer.concat([await readFile(file), tail]));
  },
  'zeros in the middle': async (folder, random) => {
    const file = pickFile(folder, random);
    const bytes = await readFile(file);
    await writeFile(file, bytes.fill(0, Math.floor(random() * bytes.length)));
  },
  "another model's file": async (folder) => {
    const other = await writeModelFolder({ modelsDir, modelPath: 'other', model: 'b' });
    await copyFile(path.join(other.folder, 'model.onnx'), path.join(folder, 'model.onnx'));
  },
  "another model's folder": async (folder) => {
    const other = await writeModelFolder({ modelsDir, modelPath: 'other', model: 'b' });
    for (const name of FILES)
      await copyFile(path.join(other.folder, name), path.join(folder, name));
  },
  'a missing file': (folder, random) => rm(pickFile(folder, random)),
};

describe(`${MODELS} seeded damages to a model's files`, () => {
  it('are refused by name, and the model that serves goes on with the same answer', async () => {
    const random = mulberry32(2024);
    const kinds = Object.entries(DAMAGES);
    const before = await predictor.predict({
      model: serving,
      series,
      reference: undefined,
      candleOpenTime,
    });
    expect(before).toMatchObject({ status: 'predicted' });
    for (let number = 0; number < MODELS; number++) {
      const [kind, damage] = kinds[number % kinds.length] ?? ['', async () => undefined];
      const uid = `damaged-${number}`;
      const written = await writeModelFolder({ modelsDir, modelPath: uid });
      await damage(written.folder, random);
      const refusal = await findRefusal(written, uid);
      expect([number, kind, refusal]).toEqual([
        number,
        kind,
        expect.stringMatching(/model\.onnx|manifest\.json/),
      ]);
      const after = await predictor.predict({
        model: serving,
        series,
        reference: undefined,
        candleOpenTime,
      });
      expect({ ...after, latencyUs: 0 }).toEqual({ ...before, latencyUs: 0 });
    }
  });

  it('are what refuses them: an undamaged one serves', async () => {
    const written = await writeModelFolder({ modelsDir, modelPath: 'sound' });
    expect(await findRefusal(written, 'sound')).toBeUndefined();
  });

  it.each<[string, Parameters<typeof writeModelFolder>[0]['alter']]>([
    ['fewer features than the model reads', (all) => ({ ...all, features: ['log_return_1'] })],
    ['another layout', (all) => ({ ...all, format: 2 })],
    ['another order of classes', (all) => ({ ...all, class_order: ['BUY', 'HOLD', 'SELL'] })],
    ['no file that serves', (all) => ({ ...all, files: {} })],
    ['a file outside of the folder', (all) => ({ ...all, files: { '../model.onnx': {} } })],
  ])('mismatched: a whole manifest with %s is refused', async (_, alter) => {
    const modelPath = 'mismatched';
    const written = await writeModelFolder({ modelsDir, modelPath, ...(alter && { alter }) });
    expect(await findRefusal(written, modelPath)).toMatch(/manifest\.json|model\.onnx/);
  });
});
