import type { ChildEnvironments } from '../lib/child-environments.js';
import { TrainingService, type TrainingServiceDependencies } from '../training/training-service.js';
import type { ModuleOptions } from './module-options.js';
import { RemoteQueue } from '../training/remote/remote-queue.js';
import type { Market } from './open-market.js';
import type { Base } from './phases.js';
import { redisPlace } from './redis-place.js';
import type { ReplaceableParts } from './replaceable-parts.js';

export interface TrainingTools {
  readonly parts: Pick<ReplaceableParts, 'createTrainer' | 'checkPython'>;
  readonly childEnvironments: ChildEnvironments;
  /** Aborts when the process begins to stop. */
  readonly signal: AbortSignal;
  /** Lanes for jobs that train nothing. */
  readonly otherLanes?: TrainingServiceDependencies['otherLanes'];
  /** What only a daemon has that also serves models. */
  readonly serving?:
    Pick<TrainingServiceDependencies, 'findArtefactFault' | 'pregeneration' | 'events'> | undefined;
}

/** The training of a venue, for the daemon and for `npm run train`. */
export function createTraining(
  {
    market,
    options,
    stores,
    database,
    logger,
    runUid,
    settings,
    version,
    artifacts,
  }: Base & { readonly market: Market; readonly options: ModuleOptions },
  { parts, childEnvironments, signal, serving, otherLanes = [] }: TrainingTools,
): TrainingService {
  const { clock } = market.data;
  const { python, count, ...trainer } = options.trainer;
  // Workers elsewhere cannot see the SQLite file that stands in for MySQL.
  const place = database.engine === 'mysql' ? redisPlace(settings) : undefined;
  const { training } = options;
  const stored = artifacts?.models;
  const own = {
    stores,
    clock,
    logger,
    options: training,
    runUid,
    version,
    speed: market.speed,
    stored,
  };
  return new TrainingService({
    ...serving,
    otherLanes,
    stores,
    location: database.location,
    workerEnvironment: childEnvironments.worker,
    clock,
    logger,
    runUid,
    options: options.training,
    artifacts: stored,
    python,
    signal,
    createRemote:
      place === undefined
        ? undefined
        : (facts) => new RemoteQueue({ ...own, place, events: serving?.events }, facts),
    trainers: { count, memoryLimitMb: trainer.memoryLimitMb },
    createTrainer: () =>
      parts.createTrainer({ ...trainer, env: childEnvironments.trainer, clock, logger }),
    checkPython: (signal) => parts.checkPython(python, trainer.cwd, signal),
  });
}
