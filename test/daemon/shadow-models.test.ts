import { expect, test } from 'vitest';
import { z } from 'zod';
import { experimentDetail } from '../../src/api/contract/experiments.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { modelStatus } from '../../src/api/contract/model-status.js';
import { shadowModel, shadowPromoted } from '../../src/api/contract/shadow-models.js';
import { decision, signal } from '../../src/api/contract/signals.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { daemonRig, QUICK, type DaemonChild } from './daemon-child.js';

const { start, folder } = daemonRig();
const LIMIT_MS = 120_000;
const SHADOW = '/api/models/shadow';

const EXPERIMENT = {
  ...{ name: 'depth', symbols: ['BTCUSDT'], timeframes: ['1h'], bot: 'catboost' },
  variants: [{ name: 'as it is' }, { name: 'flat', settings: { CATBOOST_DEPTH: 2 } }],
};

async function post<T>(
  daemon: DaemonChild,
  route: string,
  shape: z.ZodType<T>,
  body = {},
): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await daemon.fetch(route, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  expect(answer.ok, `${route}: ${text}`).toBe(true);
  return shape.parse(JSON.parse(text));
}

/** Undefined while the daemon does not train yet. */
async function read<T>(
  daemon: DaemonChild,
  route: string,
  shape: z.ZodType<T>,
): Promise<T | undefined> {
  const answer = await daemon.fetch(route);
  const text = await answer.text();
  if (answer.status === 503) return undefined;
  expect(answer.ok, `${route}: ${text}; ${daemon.output.slice(-2000)}`).toBe(true);
  return shape.parse(JSON.parse(text));
}

const idOnly = z.object({ id: z.string() });

test.skipIf(!HAS_PYTHON)(
  'a variant of an experiment answers live beside the serving model over a kill, and is promoted (needs npm run setup)',
  async () => {
    // What a month of candles teaches is not what this is about.
    const place = { environment: { ...QUICK, PROMOTION_GATE: 'parity', DATA_DIR: folder() } };
    const first = start(place);
    await first.line(/\[TRAIN\] Promoted: /, LIMIT_MS);
    const { id } = await post(first, '/api/experiments', idOnly, EXPERIMENT);
    await first.until(
      async () => {
        const seen = await read(first, `/api/experiments/${id}`, experimentDetail);
        return seen?.status === 'completed' ? seen : undefined;
      },
      { what: 'the end of the experiment', limitMs: LIMIT_MS },
    );
    const asked = { symbol: 'BTCUSDT', experiment: id, variant: 'flat' };
    const { id: shadow } = await post(first, SHADOW, idOnly, asked);
    const find = async (daemon: DaemonChild) => {
      const list = await read(daemon, SHADOW, listAnswer('shadows', shadowModel));
      return list?.shadows.find((one) => one.id === shadow);
    };
    const untilCompared = (daemon: DaemonChild, candles: number) =>
      daemon.until(
        async () => {
          const seen = await find(daemon);
          return (seen?.live?.compared ?? 0) >= candles ? seen : undefined;
        },
        { what: `${candles} candles on which both spoke`, limitMs: LIMIT_MS },
      );
    const before = await untilCompared(first, 1);
    await first.stop('SIGKILL');

    const second = start(place);
    const after = await untilCompared(second, (before.live?.compared ?? 0) + 2);
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
    expect(await find(second)).toMatchObject({ status: 'promoted' });
    expect((await second.stop()).code).toBe(0);
  },
  4 * LIMIT_MS,
);
