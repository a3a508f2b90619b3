import type { ApiPredictions } from '../../api/api-context.js';
import { ApiError } from '../../api/answer-errors.js';
import { greatestFirst } from '../../signals/prediction-board.js';
import type { DaemonState } from '../daemon-state.js';
import { findStoredPrediction } from './stored-view.js';

/** What models say, for the API: by the daemon that works, else as far as the database knows. */
export function predictionView(state: DaemonState): ApiPredictions {
  return {
    find: (key) => state.work?.predictions.find(key) ?? findStoredPrediction(state, key),
    top: async (filter, limit) => {
      const keys = await state.stores.models.listServingKeys(filter);
      if (state.work !== undefined) return state.work.predictions.top(keys, limit);
      return greatestFirst(
        await Promise.all(keys.map((key) => findStoredPrediction(state, key))),
        limit,
      );
    },
    clear: () => {
      if (state.work !== undefined) return state.work.predictionCache?.drop(() => true) ?? 0;
      const message = 'This daemon keeps no predictions: it starts, or stands by';
      throw new ApiError(503, 'standing_by', message);
    },
  };
}
