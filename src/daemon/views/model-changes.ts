import { ApiError } from '../../api/answer-errors.js';
import type { ModelChanges } from '../../api/api-context.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { ModelRecord } from '../../domain/model-record.js';
import type { ModelRegistry } from '../../models/model-registry.js';

/** What the API may do to models: only on the daemon that serves them. */
export function modelChanges(
  findRegistry: () => ModelRegistry | undefined,
  cancelTraining: (key: ModelKey) => Promise<void>,
): ModelChanges {
  return {
    clear: async (keys) => {
      const registry = registryOf(findRegistry);
      const cleared: ModelRecord[] = [];
      for (const key of keys) {
        // What is trained now would serve the key again a moment after it was cleared.
        await cancelTraining(key);
        cleared.push(...(await registry.clear(key)));
      }
      return cleared;
    },
    rollback: (key, modelUid) => registryOf(findRegistry).rollback(key, modelUid),
    pin: (key, options) => registryOf(findRegistry).pin(key, options),
  };
}

function registryOf(findRegistry: () => ModelRegistry | undefined): ModelRegistry {
  const registry = findRegistry();
  if (registry !== undefined) return registry;
  throw new ApiError(
    503,
    'standing_by',
    'This daemon does not serve models now; try again in a moment',
  );
}
