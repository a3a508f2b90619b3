import type { TrainingJob, TrainingSession } from '../../domain/training-job.js';
import { isFileVenue } from '../../domain/market.js';
import type { Logger } from '../../lib/logger.js';
import type { Stores } from '../../storage/stores.js';
import { formatDuration } from '../../domain/training-cooldown.js';
import { pregenerate, type PredictionPregeneration } from './prediction-pregeneration.js';
import type { InstrumentOptions } from '../options/training-keys.js';
import type { TrainingSessions } from './training-sessions.js';

const USUAL_TTL_HOURS = 1;

export interface SessionFinalizerDependencies {
  readonly stores: Pick<Stores, 'sessions' | 'jobs'>;
  readonly logger: Logger;
  readonly options: InstrumentOptions;
  readonly sessions: Pick<TrainingSessions, 'conclude' | 'jobsOf'>;
  readonly pregeneration: PredictionPregeneration;
}

/**
 * Stores the end of each session whose jobs have ended. Of a full or incremental one it logs the end line and makes the
 * predictions of its models. The end is stored before it is logged, so that it is logged once, also over a restart and
 * beside another daemon.
 */
export class SessionFinalizer {
  readonly #dependencies: SessionFinalizerDependencies;

  constructor(dependencies: SessionFinalizerDependencies) {
    this.#dependencies = dependencies;
  }

  /** Called in each analysis cycle. */
  async poll(): Promise<void> {
    const { stores, sessions } = this.#dependencies;
    for (const status of ['running', 'paused'] as const) {
      for (const session of await stores.sessions.listByStatus(status)) {
        if (!(await this.#isOwn(session))) continue;
        const isEnd = await sessions.conclude(session.uid);
        if (isEnd && isRetraining(session)) await this.#tell(session);
      }
    }
  }

  /** Logs the end of a session that a person has cancelled. Called after that is stored. */
  async tellCancelled(session: TrainingSession): Promise<void> {
    if (!isRetraining(session)) return;
    const jobs = await this.#dependencies.sessions.jobsOf(session);
    this.#say(session, jobs, false);
  }

  /** A session of another venue is finished by that venue's daemon. */
  async #isOwn(session: TrainingSession): Promise<boolean> {
    const { stores, options } = this.#dependencies;
    const { rows } = await stores.jobs.listOfSession(session, { limit: 1, offset: 0 });
    return rows.some(({ venue }) => venue === options.venue || isFileVenue(venue));
  }

  async #tell(session: TrainingSession): Promise<void> {
    const jobs = await this.#dependencies.sessions.jobsOf(session);
    this.#say(session, jobs, await pregenerate(this.#dependencies, jobs, USUAL_TTL_HOURS));
  }

  #say(
    { uid, kind, createdAt }: TrainingSession,
    jobs: readonly TrainingJob[],
    isCached: boolean,
  ): void {
    const cache = isCached ? 'cache updated' : 'cache not updated';
    const { logger } = this.#dependencies;
    logger.info(`${endLine(jobs, createdAt)}, ${cache}`, { session: uid, kind });
  }
}

function isRetraining({ kind }: TrainingSession): boolean {
  return kind === 'full' || kind === 'incremental';
}

type EndedJob = Pick<TrainingJob, 'symbol' | 'status' | 'batch' | 'finishedAt'>;

/** The text is a contract with people's scripts. An instrument counts once all its models are trained. */
export function endLine(jobs: readonly EndedJob[], begunAt: number): string {
  const instruments = new Set(jobs.map(({ symbol }) => symbol));
  const unfinished = new Set(
    jobs.filter(({ status }) => status !== 'completed').map(({ symbol }) => symbol),
  );
  const successful = instruments.size - unfinished.size;
  const batches = new Set(jobs.map(({ batch }) => batch)).size;
  const endedAt = Math.max(begunAt, ...jobs.map(({ finishedAt }) => finishedAt ?? begunAt));
  const duration = formatDuration(endedAt - begunAt);
  return `Successful: ${successful}/${instruments.size} instruments, ${batches} batches, ${duration}`;
}
