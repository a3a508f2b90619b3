import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelStatus } from '../../src/api/contract/model-status.js';
import { trainingRecord } from '../../src/api/contract/models.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { aModelRecord, SERIES_KEY } from '../storage/rows.js';
import { buildApi, type ApiRig } from './api-rig.js';

/** Figures that could not be computed: the test part had no price change, say. */
const UNKNOWN = { estimate: NaN, lower: NaN, upper: Infinity };

let opened: TestDatabase;
let rig: ApiRig;

beforeEach(async () => {
  opened = await openTestDatabase();
  await opened.stores.series.ensure(SERIES_KEY);
  rig = await buildApi({ stores: opened.stores });
});

afterEach(async () => {
  await rig.server.close();
  await opened.database.close();
});

test('a score that could not be computed is null in the training history', async () => {
  const { testScore } = aModelRecord();
  if (testScore === undefined) throw new Error('the record has no score');
  const directional = { directionSkill: UNKNOWN, directionalAuc: NaN, calibrationError: -Infinity };
  await opened.stores.models.insert(aModelRecord({ testScore: { ...testScore, ...directional } }));
  const answer = await rig.server.inject('/api/models/training-history');
  expect(answer.statusCode).toBe(200);
  const { records } = listAnswer('records', trainingRecord).parse(answer.json());
  expect(records[0]?.metrics).toMatchObject({
    direction_skill: null,
    directional_auc: null,
    calibration_error: null,
  });
});

test('a number that is not finite is sent as null in every answer, and the log names it', async () => {
  rig.modelStatusChanges = {
    samples_in_last_train: Infinity,
    drift: {
      checked_at: '2024-01-02T03:04:05.000Z',
      is_drifted: false,
      reason: 'none',
      median_psi: NaN,
      worst_features: [{ feature: 'rsi_14', psi: NaN }],
      live_signals: 3,
      live_skill: -Infinity,
      test_skill_lower: 0.1,
      retrained_at: null,
    },
  };
  const answer = await rig.server.inject('/api/model/status');
  expect(answer.statusCode).toBe(200);
  expect(modelStatus.parse(answer.json())).toMatchObject({
    samples_in_last_train: null,
    drift: { median_psi: null, worst_features: [{ psi: null }], live_skill: null, live_signals: 3 },
  });
  expect(rig.logger.lines.join()).toContain('drift.worst_features[0].psi');
});
