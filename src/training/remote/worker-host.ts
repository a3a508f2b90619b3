import { availableParallelism, hostname, totalmem } from 'node:os';
import type { QueueWorker } from '../../domain/queue-worker.js';
import type { SeenNotice } from '../../domain/training-notice.js';
import { catalogueHash } from '../../features/feature-hash.js';
import { ConfigError } from '../../lib/errors.js';
import { newUid } from '../../lib/uid.js';
import type { Ability, TrainerLimits } from '../trainer-process/find-ability.js';
import { findFolderMark } from './folder-mark.js';
import { findRefusal } from './find-refusal.js';
import { WorkerAbility } from './worker-ability.js';
import { WorkerClock } from './worker-clock.js';
import { BEAT_MS, trainersFor, type WorkerHostOptions } from './worker-options.js';
import { WorkerShift } from './worker-shift.js';

/** A notice is told every five seconds. One of that age is what a daemon left behind. */
const NOTICE_OLD_MS = 15_000;
const BYTES_A_MB = 2 ** 20;

interface Registration {
  readonly notice: SeenNotice;
  readonly able: Ability;
  readonly limits: TrainerLimits;
  readonly startedAt: number;
}

/**
 * Works off a venue's queue away from its daemon. It takes its training settings from the daemon, is known by its
 * signs of life in the database, and takes jobs by the same conditional updates as the daemon's own lanes would.
 */
export class WorkerHost {
  readonly #options: WorkerHostOptions;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
  }

  /**
   * Works until the signal aborts. Jobs under way are then given back.
   *
   * @throws ConfigError where the worker differs from the daemon, or does not share models with it
   */
  async run(signal: AbortSignal): Promise<void> {
    const notice = await this.#awaitNotice(signal);
    if (notice === undefined) return;
    const { clock: own, logger } = this.#options;
    const clock = new WorkerClock(own, notice);
    const ability = new WorkerAbility({ ...this.#options, clock: own, logger, signal });
    const limits = trainersFor(notice, this.#options);
    const able = await ability.find(limits);
    if (signal.aborted) return;
    const worker = await this.#register({ notice, able, limits, startedAt: clock.wallMs() });
    await new WorkerShift(this.#options, { worker, notice, clock, ability, able }).run(signal);
  }

  /**
   * What the venue's daemon tells; undefined where the signal aborted first. In an upgrade the workers may be started
   * before the daemon: what its former version left behind refuses nobody.
   */
  async #awaitNotice(signal: AbortSignal): Promise<SeenNotice | undefined> {
    const { stores, venue, version, clock, logger } = this.#options;
    const own = { version, catalogueHash: catalogueHash() };
    const isOfFormer = (notice: SeenNotice): boolean =>
      notice.ageMs > NOTICE_OLD_MS && findRefusal(own, notice) !== undefined;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const all = await stores.notices.list();
      const found = all.filter((one) => venue === undefined || one.venue === venue);
      const [only, ...others] = found;
      if (others.length > 0) {
        const names = found.map((one) => one.venue).join(', ');
        throw new ConfigError(
          `Daemons of several venues use this database: give --venue (${names})`,
        );
      }
      if (only !== undefined && !isOfFormer(only)) return only;
      if (isFirst) {
        const last = only === undefined ? '' : `; the last one was version ${only.version}`;
        logger.info(`[QUEUE] Waiting for a daemon with QUEUE=redis on this database${last}`);
      }
      await clock.sleep(BEAT_MS, signal).catch(() => undefined);
    }
    return undefined;
  }

  async #register({ notice, able, limits, startedAt }: Registration): Promise<QueueWorker> {
    const { stores, version, queues } = this.#options;
    const { concurrency = limits.count + 1 } = this.#options;
    const { bots, lack, accelerator } = able;
    const own = { version, catalogueHash: catalogueHash() };
    const refusal = findRefusal(own, notice) ?? (await this.#findOtherPlace(notice));
    const worker: QueueWorker = {
      uid: newUid(startedAt),
      venue: notice.venue,
      host: hostname(),
      pid: process.pid,
      ...own,
      cores: availableParallelism(),
      memoryMb: Math.round(totalmem() / BYTES_A_MB),
      accelerator,
      queues,
      concurrency,
      bots,
      status: refusal === undefined ? 'working' : 'refused',
      reason: refusal ?? lack,
      startedAt,
    };
    await stores.workers.register(worker);
    if (refusal !== undefined) throw new ConfigError(refusal);
    return worker;
  }

  /** Why the daemon would not get this worker's models; undefined where it would. */
  async #findOtherPlace({ venue, folderMark }: SeenNotice): Promise<string | undefined> {
    const { folders, stored } = this.#options;
    if (stored !== undefined) {
      if (await stored.isMarked(folderMark)) return undefined;
      return `The ${stored.place} is not the artifact store of the daemon of ${venue}: give both the same ARTIFACTS_DIR, or S3_ENDPOINT, S3_BUCKET and S3_PREFIX`;
    }
    if ((await findFolderMark(folders.modelsDir)) === folderMark) return undefined;
    return `MODELS_DIR (${folders.modelsDir}) is not the folder of the daemon of ${venue}: share that one, or give both an artifact store (ARTIFACTS)`;
  }
}
