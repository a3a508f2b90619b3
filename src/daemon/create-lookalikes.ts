import { Lookalikes } from '../lookalikes/lookalikes.js';
import { EmbeddingLane } from '../lookalikes/sessions/embedding-lane.js';
import { LookalikeIndex } from '../lookalikes/worker/lookalike-index.js';
import type { TrainingService } from '../training/training-service.js';
import type { Connected } from './phases.js';

export interface CreatedLookalikes {
  readonly lookalikes: Lookalikes;
  readonly lane: EmbeddingLane;
}

/** Look-alikes, and the lane of the queue that computes their windows. Both use the training's queue once it runs. */
export function createLookalikes(
  { market, stores, database, options, logger, runUid, publisher }: Connected,
  findTraining: () => Pick<TrainingService, 'sessions' | 'queue'>,
): CreatedLookalikes {
  const { clock, venue } = market.data;
  const { folder, maxRows, qdrant, isAlways } = options.lookalikes;
  const places = { location: database.location, folder, maxRows, qdrant };
  const index = new LookalikeIndex({ places, clock, logger });
  const basis = { referenceSymbol: options.pipeline.referenceSymbol };
  const common = { stores, clock, logger, venue, basis, index };
  return {
    lookalikes: new Lookalikes({ ...common, isAlways, sessions: () => findTraining().sessions }),
    lane: new EmbeddingLane({
      ...common,
      runUid,
      isHeld: () => findTraining().queue.isHeld(),
      events: publisher.training,
    }),
  };
}
