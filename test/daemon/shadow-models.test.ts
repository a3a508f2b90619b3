import { expect, test } from 'vitest';
import { listAnswer } from '../../src/api/contract/common.js';
import { modelStatus } from '../../src/api/contract/model-status.js';
import { shadowPromoted } from '../../src/api/contract/shadow-models.js';
import { decision, signal } from '../../src/api/contract/signals.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { daemonRig, QUICK } from './daemon-child.js';
import {
  findShadow,
  idOnly,
  post,
  SHADOW,
  untilCompared,
  untilCompleted,
} from './experiment-calls.js';

const { start, folder } = daemonRig();
const LIMIT_MS = 300_000;

const EXPERIMENT = {
  ...{ name: 'depth', symbols: ['BTCUSDT'], timeframes: ['1h'], bot: 'catboost' },
  variants: [{ name: 'as it is' }, { name: 'flat', settings: { CATBOOST_DEPTH: 2 } }],
};

test.skipIf(!HAS_PYTHON)(
  'a variant of an experiment answers live beside the serving model over a kill, and is promoted (needs npm run setup)',
  async () => {
    // What a month of candles teaches is not what this is about.
    const place = { environment: { ...QUICK, PROMOTION_GATE: 'parity', DATA_DIR: folder() } };
    const first = start(place);
    await first.line(/\[TRAIN\] Promoted: /, LIMIT_MS);
    const { id } = await post(first, '/api/experiments', idOnly, EXPERIMENT);
    await untilCompleted(first, id, LIMIT_MS);
    const asked = { symbol: 'BTCUSDT', experiment: id, variant: 'flat' };
    const { id: shadow } = await post(first, SHADOW, idOnly, asked);
    const before = await untilCompared(first, shadow, { candles: 1, limitMs: LIMIT_MS });
    await first.stop('SIGKILL');

    const second = start(place);
    const candles = (before.live?.compared ?? 0) + 2;
    const after = await untilCompared(second, shadow, { candles, limitMs: LIMIT_MS });
    expect(after).toMatchObject({ status: 'answering', model_uid: before.model_uid });
    expect(after.live?.difference.estimate).not.toBeNull();
    // It made no signal and no decision.
    const { signals } = await second.get('/api/signals?limit=1000', listAnswer('signals', signal));
    expect(signals.map(({ model_uid }) => model_uid)).not.toContain(after.model_uid);
    const { total: decided } = await second.get(
      '/api/decisions?limit=1',
      listAnswer('decisions', decision),
    );
    expect(decided).toBeLessThanOrEqual(signals.length);

    const promoted = await post(second, `${SHADOW}/${shadow}/promote`, shadowPromoted);
    expect(promoted.serving_uid).toBe(after.model_uid);
    const status = await second.get('/api/model/status?symbol=BTCUSDT', modelStatus);
    expect(status).toMatchObject({ is_trained: true, model_uid: after.model_uid });
    expect(await findShadow(second, shadow)).toMatchObject({ status: 'promoted' });
    expect((await second.stop()).code).toBe(0);
  },
  4 * LIMIT_MS,
);
