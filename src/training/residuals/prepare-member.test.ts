import { describe, expect, it } from 'vitest';
import type { BaseModel } from '../../domain/base-model.js';
import { ManualClock } from '../../lib/manual-clock.js';
import type { PreparedData, PrepareRequest } from '../dataset/prepare-data.js';
import { prepareMember } from './prepare-member.js';

const HOUR_MS = 3_600_000;
const CUT_AT = 500 * HOUR_MS;
const USUAL_TEST_ROWS = 150;

/** Asks with 1,000 rows of which so many are left for the test part after what the base model has seen. */
async function prepareWith(testRows: number) {
  const asked: PrepareRequest[] = [];
  const prepare = async (request: PrepareRequest): Promise<PreparedData> => {
    asked.push(request);
    const isMember = request.seenUntil !== undefined;
    const rows = isMember ? testRows : USUAL_TEST_ROWS;
    return {
      status: 'prepared',
      names: ['a', 'b', 'c'],
      samples: 1_000,
      split: { test: { from: 1_000 - rows, to: 1_000 } },
      cuts: { testFrom: CUT_AT + (isMember ? 4 : -40) * HOUR_MS },
    } as unknown as PreparedData;
  };
  const context = {
    job: { venue: 'v', symbol: 'BTC/USDT', timeframe: '1h', bot: 'catboost', uid: 'j', attempt: 1 },
    stores: { series: { find: async () => ({ id: 1, symbol: 'BTC/USDT' }) } },
    clock: new ManualClock(1_000 * HOUR_MS),
    options: {
      workDir: '/work',
      historyDays: 20,
      labelHorizonBars: 4,
      embargoBars: 'auto',
      trainSplit: [70, 15, 15],
    },
    trainingWorker: { prepare },
  };
  const baseModel = { cutAt: CUT_AT, features: ['a', 'b'] } as unknown as BaseModel;
  const finding = { status: 'shared', baseModel } as const;
  const prepared = await prepareMember(context as never, finding);
  return { asked, basis: prepared.basis };
}

describe('a member of a session with a base model', () => {
  it('has its test part after what the base model has seen, however its rows are cut by themselves', async () => {
    const { asked, basis } = await prepareWith(100);
    expect(basis.status).toBe('residual');
    expect(asked.map(({ seenUntil }) => seenUntil)).toEqual([CUT_AT]);
  });

  it('is prepared once more for a model of its own where less than half of its test part is left', async () => {
    const { asked, basis } = await prepareWith(70);
    expect(basis).toMatchObject({ status: 'plain', reason: expect.stringContaining('too soon') });
    expect(asked.map(({ seenUntil }) => seenUntil)).toEqual([CUT_AT, undefined]);
  });
});
