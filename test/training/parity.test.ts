import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrainerProcess } from '../../src/training/trainer-process/trainer-process.js';
import type { TrainerDone } from '../../src/training/trainer-process/trainer-outcome.js';
import { createTrainer, HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

/** The real trainer, whose finished folder is changed before anyone looks at it. */
function tampering(
  tamper: (done: TrainerDone) => TrainerDone,
): Pick<TrainerProcess, 'run' | 'stop'> {
  const trainer = createTrainer();
  return {
    run: async (job, options) => {
      const outcome = await trainer.run(job, options);
      return outcome.status === 'done' ? tamper(outcome) : outcome;
    },
    stop: () => trainer.stop(),
  };
}

/** Lets another file stand where that one stood, with its hash in order. */
function replaced(done: TrainerDone, name: string, bytes: Buffer): TrainerDone {
  writeFileSync(path.join(done.outputDir, name), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const files = { ...done.manifest.files, [name]: { sha256, bytes: bytes.length } };
  return { ...done, manifest: { ...done.manifest, files } };
}

describe.skipIf(!HAS_PYTHON)(
  'a model that is not what CatBoost fitted (needs npm run setup)',
  () => {
    let context: TrainingContext;
    afterEach(() => context.close());

    const trainWith = async (tamper: (done: TrainerDone) => TrainerDone) => {
      context = await createTrainingContext(undefined, { promotionGate: 'parity' });
      const candles = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
      await context.store(plantedCandles(candles));
      const service = context.service({ createTrainer: () => tampering(tamper) });
      await service.start();
      await service.planDue();
      const job = await context.untilEnded();
      await service.stop();
      expect(await context.stores.models.findServing(KEY)).toBeUndefined();
      return { job, record: await context.stores.models.latest(KEY) };
    };

    const swaps = [
      ['model.onnx', 'judged.onnx', 'refitted'],
      ['judged.onnx', 'model.onnx', 'judged'],
    ] as const;
    it.each(swaps)('is refused by every gate: another model as %s', async (name, other, which) => {
      const { job, record } = await trainWith((done) =>
        replaced(done, name, readFileSync(path.join(done.outputDir, other))),
      );
      expect(job.status).toBe('completed');
      expect(record?.stage).toBe('rejected');
      expect(record?.verdict?.reason).toMatch(new RegExp(`^parity: ONNX of the ${which} model`));
    });

    it('fails its job when a byte of it has changed since it was written', async () => {
      const { job } = await trainWith((done) => {
        const file = path.join(done.outputDir, 'model.onnx');
        const bytes = readFileSync(file);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        writeFileSync(file, bytes);
        return done;
      });
      expect(job).toMatchObject({ status: 'failed', errorCode: 'judging' });
      expect(job.errorMessage).toMatch(/model\.onnx has sha256/);
    });

    it('is refused when it is larger than it may be', async () => {
      context = await createTrainingContext(undefined, {
        promotionGate: 'parity',
        maxModelMb: 0.001,
      });
      const candles = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
      await context.store(plantedCandles(candles));
      const service = context.service();
      await service.start();
      await service.planDue();
      await context.untilEnded();
      await service.stop();
      const record = await context.stores.models.latest(KEY);
      expect(record?.verdict?.reason).toMatch(/larger than MAX_MODEL_MB=0\.001/);
    });
  },
);
