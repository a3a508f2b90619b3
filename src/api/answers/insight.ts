import { z } from 'zod';
import type { StoredRecord } from '../context/api-context.js';
import type { InsightAnswer } from '../contract/models.js';
import { iso, type MarketIds } from './keys.js';
import { modelKeyAnswer } from './models.js';

/** What a record's free part says of the inside of a model; an earlier version may have written less. */
const kept = z.object({
  importance: z
    .array(z.object({ feature: z.string(), importance: z.number() }))
    .optional()
    .catch(undefined),
  calibration: z
    .array(
      z.object({
        from: z.number(),
        to: z.number(),
        rows: z.number(),
        confidence: z.number(),
        accuracy: z.number(),
      }),
    )
    .optional()
    .catch(undefined),
});

export function insightAnswer(record: StoredRecord, marketIds: MarketIds): InsightAnswer {
  const { importance, calibration } = kept.parse(record.config);
  return {
    uid: record.uid,
    ...modelKeyAnswer(record, marketIds),
    stage: record.stage,
    trained_at: iso(record.trainedAt),
    importance: importance ?? [],
    calibration: calibration ?? null,
  };
}
