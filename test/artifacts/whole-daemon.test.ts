import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { modelStatus } from '../../src/api/contract/model-status.js';
import { daemonRig, QUICK, type DaemonChild } from '../daemon/daemon-child.js';
import {
  idOnly,
  post,
  read,
  SHADOW,
  untilCompared,
  untilCompleted,
} from '../daemon/experiment-calls.js';
import { OwnS3, s3SkipReason } from '../s3-server.js';
import { HAS_PYTHON, hasTorch } from '../trainer/real-trainer.js';

const { start, folder } = daemonRig();
const LIMIT_MS = 180_000;
/** It does not train yet, or knows no candle. */
const NO_CANDLE_YET = [503, 404];
const EXPERIMENT = {
  ...{ name: 'epochs', symbols: ['BTCUSDT'], timeframes: ['1h'], bot: 'lstm' },
  variants: [{ name: 'as it is' }, { name: 'one', settings: { TRAIN_EPOCHS: 1 } }],
};

describe.skipIf(s3SkipReason !== undefined || !HAS_PYTHON)(
  `a daemon with its models in a bucket (${s3SkipReason ?? 'S3'})`,
  () => {
    let server: OwnS3;
    beforeEach(async () => {
      server = await OwnS3.start();
    });
    afterEach(() => server.stop());

    const settings = (changes: Readonly<Record<string, string>> = {}) => ({
      ...{ ...QUICK, ...server.environment, DATA_DIR: folder() },
      // What a month of candles teaches is not what this is about. Models must not age while a busy machine trains.
      ...{ PROMOTION_GATE: 'parity', DEMO_SPEED: '600', MODEL_STALE_HOURS: '160' },
      // Those that serve stay.
      ...{ INCREMENTAL_ENABLED: 'false', FULL_RETRAIN_ENABLED: 'false', DRIFT_RETRAIN: 'false' },
      ...changes,
    });

    test.skipIf(!hasTorch())(
      'serves deep models and a shadow model again after a kill that took its folder (needs npm run setup -- --with torch)',
      { timeout: 6 * LIMIT_MS },
      async () => {
        const environment = settings({ BOTS: 'catboost,lstm', TRAIN_EPOCHS: '2' });
        const models = path.join(environment.DATA_DIR, 'models');
        const first = start({ environment });
        const before = await untilServing(first, ['catboost', 'lstm']);
        const { id: experiment } = await post(first, '/api/experiments', idOnly, EXPERIMENT);
        await untilCompleted(first, experiment, LIMIT_MS);
        const asked = { symbol: 'BTCUSDT', bot: 'lstm', experiment, variant: 'one' };
        const { id } = await post(first, SHADOW, idOnly, asked);
        const shadow = await untilCompared(first, id, { candles: 1, limitMs: LIMIT_MS });
        expect((await server.names()).length).toBeGreaterThanOrEqual(3 * 3);
        await first.stop('SIGKILL');
        rmSync(models, { recursive: true });

        const second = start({ environment });
        const after = await untilServing(second, ['catboost', 'lstm']);
        expect(after).toEqual(before);
        const candles = (shadow.live?.compared ?? 0) + 1;
        const again = await untilCompared(second, id, { candles, limitMs: LIMIT_MS });
        expect(again).toMatchObject({ model_uid: shadow.model_uid, status: 'answering' });
        expect(second.output).toMatch(/Fetched a model from the artifact store/);
        await second.stop('SIGKILL');

        // Without the store it serves what lies here.
        expect(existsSync(models)).toBe(true);
        await server.kill();
        const third = start({ environment });
        expect(await untilServing(third, ['catboost', 'lstm'])).toEqual(before);
        await third.line(/new models are not fetched meanwhile, predictions go on/, LIMIT_MS);
        expect((await third.stop()).code).toBe(0);
      },
    );

    test(
      'begins where the store refuses its key, and says which settings to check',
      { timeout: LIMIT_MS },
      async () => {
        const daemon = start({ environment: settings({ S3_SECRET_ACCESS_KEY: 'wrong-secret' }) });
        await daemon.line(
          /access is refused \(403\): check S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY .*predictions go on/,
          LIMIT_MS,
        );
        expect(daemon.output).not.toContain('wrong-secret');
        expect((await daemon.stop()).code).toBe(0);
      },
    );

    test('is refused with settings of a store that are not complete', async () => {
      const daemon = start({ environment: settings({ S3_BUCKET: '' }) });
      expect((await daemon.ended).code).toBe(78);
      expect(daemon.output).toContain('ARTIFACTS=s3 also needs S3_BUCKET');
    });
  },
);

/** The uids of the models that signals come from, by bot. */
function untilServing(
  daemon: DaemonChild,
  bots: readonly string[],
): Promise<Readonly<Record<string, string | null>>> {
  return daemon.until(
    async () => {
      const found: Record<string, string | null> = {};
      for (const bot of bots) {
        const route = `/api/model/status?symbol=BTCUSDT&bot=${bot}`;
        const status = await read(daemon, route, modelStatus, NO_CANDLE_YET);
        if (status?.is_trained !== true || status.fallback_active) return undefined;
        found[bot] = status.model_uid;
      }
      return found;
    },
    { what: `models of ${bots.join(' and ')} that serve`, limitMs: LIMIT_MS },
  );
}
