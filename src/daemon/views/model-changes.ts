import { ApiError } from '../../api/http/answer-errors.js';
import type { ModelChanges } from '../../api/context/api-context.js';
import type { ModelRecord } from '../../domain/model-record.js';
import type { ModelRegistry } from '../../models/model-registry.js';
import type { TrainingQueue } from '../../training/queue/training-queue.js';

export interface ModelOwner {
  readonly registry: ModelRegistry;
  readonly training: { readonly queue: Pick<TrainingQueue, 'cancelKey'> };
}

/** What the API may do to models: only on the daemon that serves them. */
export function modelChanges(findOwner: () => ModelOwner | undefined): ModelChanges {
  return {
    clear: async (keys) => {
      const { registry, training } = getOwner(findOwner);
      const cleared: ModelRecord[] = [];
      for (const key of keys) {
        // What is trained now would serve the key again a moment after it was cleared.
        await training.queue.cancelKey(key);
        cleared.push(...(await registry.clear(key)));
      }
      return cleared;
    },
    rollback: (key, modelUid) => getOwner(findOwner).registry.rollback(key, modelUid),
    pin: (key, options) => getOwner(findOwner).registry.pin(key, options),
  };
}

function getOwner(findOwner: () => ModelOwner | undefined): ModelOwner {
  const owner = findOwner();
  if (owner !== undefined) return owner;
  throw new ApiError(
    503,
    'standing_by',
    'This daemon does not serve models now; try again in a moment',
  );
}
