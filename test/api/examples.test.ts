import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import * as trainingContract from '../../src/api/contract/training.js';
import * as modelContract from '../../src/api/contract/models.js';
import * as tradingContract from '../../src/api/contract/trading.js';
import * as backtestContract from '../../src/api/contract/backtests.js';
import * as experimentContract from '../../src/api/contract/experiments.js';
import * as shadowContract from '../../src/api/contract/shadow-models.js';
import * as predictionContract from '../../src/api/contract/predictions.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { buildApi, type ApiRig } from './api-rig.js';

const schemas = Object.entries({
  ...trainingContract,
  ...modelContract,
  ...predictionContract,
  ...backtestContract,
  ...experimentContract,
  ...shadowContract,
  ...tradingContract,
});
const withExamples = schemas.flatMap(([name, schema]) => {
  const examples = schema instanceof z.ZodType ? (schema.meta()?.['examples'] ?? []) : [];
  return (examples as readonly unknown[]).map((example) => ({ name, schema, example }));
});

test.each(withExamples)('the example of $name has its shape', ({ schema, example }) => {
  expect(schema.parse(example)).toMatchObject(example as object);
});

interface Operation {
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
}

describe('the OpenAPI document', () => {
  let opened: TestDatabase;
  let rig: ApiRig;

  beforeAll(async () => {
    opened = await openTestDatabase();
    rig = await buildApi({ stores: opened.stores });
  });
  afterAll(async () => {
    await rig.server.close();
    await opened.database.close();
  });

  test('has an example of every call about training, trading, models, predictions, events, backtests and experiments', async () => {
    const answer = await rig.server.inject({ url: '/docs/json', headers: { host: '127.0.0.1' } });
    const { paths } = answer.json<{ paths: Record<string, Record<string, Operation>> }>();
    const calls = Object.entries(paths)
      .filter(([path]) =>
        /^\/api\/(training|trading|models|predictions?|events|backtests|experiments)\b/.test(path),
      )
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({
          call: `${method} ${path}`,
          operation,
        })),
      );
    expect(calls.length).toBeGreaterThan(25);
    const bare = calls.filter(({ operation: { requestBody, responses } }) => {
      const has = (part: unknown): boolean => JSON.stringify(part).includes('"example');
      return !has(responses) || (requestBody !== undefined && !has(requestBody));
    });
    expect(bare.map(({ call }) => call)).toEqual([]);
  });
});
