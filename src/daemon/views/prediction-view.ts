import type { ApiPredictions } from '../../api/context/api-context.js';
import { ApiError } from '../../api/http/answer-errors.js';
import { greatestFirst } from '../../signals/latest-predictions.js';
import type { ReadPhase } from '../phases.js';
import { findStoredPrediction } from './standby-view.js';

/** What models say, for the API: by the daemon that works, else as far as the database knows. */
export function predictionView(readPhase: ReadPhase): ApiPredictions {
  return {
    find: (key) => {
      const phase = readPhase();
      if (phase.name === 'active') return phase.predictions.find(key);
      return findStoredPrediction(phase, key);
    },
    top: async (filter, limit) => {
      const phase = readPhase();
      const keys = await phase.stores.models.listServingKeys(filter);
      if (phase.name === 'active') return phase.predictions.top(keys, limit);
      return greatestFirst(
        await Promise.all(keys.map((key) => findStoredPrediction(phase, key))),
        limit,
      );
    },
    clear: () => {
      const phase = readPhase();
      if (phase.name === 'active') return phase.predictionCache?.drop(() => true) ?? 0;
      const message = 'This daemon keeps no predictions: it starts, or stands by';
      throw new ApiError(503, 'standing_by', message);
    },
  };
}
