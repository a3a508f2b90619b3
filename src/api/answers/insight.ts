import { z } from 'zod';
import type { StoredRecord } from '../context/api-context.js';
import { calibration, importances, type InsightAnswer } from '../contract/models.js';
import { iso, type MarketIds } from './keys.js';
import { modelKeyAnswer } from './models.js';

/** What a record's free part says of the inside of a model; an earlier version may have written less. */
const kept = z.object({
  importance: importances.optional().catch(undefined),
  calibration: calibration.optional().catch(undefined),
});

export function insightAnswer(record: StoredRecord, marketIds: MarketIds): InsightAnswer {
  const inside = kept.parse(record.config);
  return {
    uid: record.uid,
    ...modelKeyAnswer(record, marketIds),
    stage: record.stage,
    trained_at: iso(record.trainedAt),
    importance: inside.importance ?? [],
    calibration: inside.calibration ?? null,
  };
}
