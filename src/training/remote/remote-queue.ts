import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { catalogueHash } from '../../features/feature-hash.js';
import type { Stores } from '../../storage/stores.js';
import type { StoredArtifacts } from '../../models/stored-artifacts.js';
import type { TrainingOptions } from '../options/training-options.js';
import type { TrainingEvents } from '../queue/job-worker.js';
import { recoverJobs } from '../queue/recover-jobs.js';
import { PublishedModels } from './published-models.js';
import { markFolder } from './folder-mark.js';
import { JobEventReceiver, type JobEvent } from './job-events.js';
import { JobTickets } from './job-tickets.js';
import { toNoticeOptions } from './notice-options.js';
import type { RedisPlace } from './redis-place.js';
import { RemoteOutcomes } from './remote-outcomes.js';
import { WorkerReadiness } from './worker-readiness.js';

/** Wall time between two rounds: notice, dead workers, ended jobs, missing tickets. */
const ROUND_MS = 5_000;
/** More workers than that are not waked at once; those at work take the next job by themselves. */
const MOST_TICKETS = 1_000;

const TICKETS = 'tickets';
/** Rounds without a worker after which the log says so: daemon and workers may be started together. */
const PATIENT_ROUNDS = 3;

/** Why Redis could not be used when it was last tried, and since when: wall time. */
export interface RedisTrouble {
  readonly reason: string;
  readonly since: number;
}

export interface RemoteQueueOptions {
  readonly stores: Stores;
  /** Of the market and of this machine. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: TrainingOptions;
  readonly runUid: string;
  readonly version: string;
  /** Market time that passes in one unit of wall time. */
  readonly speed: number;
  readonly place: RedisPlace;
  readonly events?: TrainingEvents | undefined;
  /** The artifact store, where workers have models' folders of their own. */
  readonly stored?: StoredArtifacts | undefined;
}

/** What the queue itself knows. */
export interface QueueFacts {
  /** Whether no job may begin now. */
  readonly isHeld: () => Promise<boolean>;
  /** Whether the daemon's pause file is there, which its workers do not see. */
  readonly isPausedByFile: () => Promise<boolean>;
  /** Whether this daemon's workers train what was imported from files. */
  readonly hasFiles: () => boolean;
}

/**
 * The daemon's side of workers elsewhere. The database stays the truth: what waits there is the outbox of Redis, and
 * is put into it again in each round where Redis has lost it. Jobs of dead workers are queued again.
 */
export class RemoteQueue {
  readonly readiness: WorkerReadiness;
  readonly #options: RemoteQueueOptions;
  readonly #facts: QueueFacts;
  readonly #tickets: JobTickets;
  readonly #receiver: JobEventReceiver;
  readonly #outcomes: RemoteOutcomes;
  readonly #stopping = new AbortController();
  #working: Promise<void> = Promise.resolve();
  #pause = new AbortController();
  #isWoken = false;
  #folderMark = '';
  #isFilePaused = false;
  #roundsWithout = 0;
  /** What failed last, by what was tried. */
  readonly #faults = new Map<string, RedisTrouble>();
  #atStore: Promise<void> | undefined;

  constructor(options: RemoteQueueOptions, facts: QueueFacts) {
    this.#options = options;
    this.#facts = facts;
    const { place, clock, options: training } = options;
    const { venue, bots } = training;
    this.readiness = new WorkerReadiness({ ...options, venue, bots });
    this.#tickets = new JobTickets(place, clock);
    const { stored: artifacts } = options;
    const published =
      artifacts === undefined
        ? undefined
        : new PublishedModels({ ...options, artifacts, signal: this.#stopping.signal });
    this.#outcomes = new RemoteOutcomes({ ...options, published, signal: this.#stopping.signal });
    this.#receiver = new JobEventReceiver(place, { venue, onEvent: (event) => this.#take(event) });
  }

  async start(): Promise<void> {
    const { options, clock } = this.#options;
    this.#folderMark = await markFolder(options.modelsDir, clock.wallMs());
    // Before the notice, by which a worker looks for it.
    await this.#markStore();
    await this.#tell();
    await this.#receiver.start();
    this.#working = this.#work();
  }

  /** Why Redis does not carry; undefined while it does. */
  get trouble(): RedisTrouble | undefined {
    return this.#faults.get(TICKETS);
  }

  /** A job may wait that has no ticket yet. */
  wake(): void {
    this.#isWoken = true;
    this.#pause.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#pause.abort();
    // First, so that nothing waits for a Redis that hangs.
    await this.#tickets.stop();
    await this.#working;
    this.#receiver.stop();
  }

  async #work(): Promise<void> {
    const { clock } = this.#options;
    let nextRoundMs = -Infinity;
    while (!this.#stopping.signal.aborted) {
      this.#isWoken = false;
      const leftMs = nextRoundMs - clock.wallMs();
      // More than a round is left only where the clock was set back.
      if (leftMs <= 0 || leftMs > ROUND_MS) {
        nextRoundMs = clock.wallMs() + ROUND_MS;
        await this.#round();
      }
      await this.#try('pause file', () => this.#tellPause());
      await this.#try(TICKETS, () => this.#fill());
      await this.#rest(nextRoundMs - clock.wallMs());
    }
  }

  async #rest(durationMs: number): Promise<void> {
    this.#pause = new AbortController();
    if (this.#isWoken || this.#stopping.signal.aborted) return;
    const { clock } = this.#options;
    await clock.sleep(Math.max(0, durationMs), this.#pause.signal).catch(() => undefined);
  }

  async #round(): Promise<void> {
    await this.#try('notice', () => this.#tell());
    await this.#try('dead workers', () => this.#recover());
    // Also where nothing is due: jobs may wait that no worker can do.
    await this.#try('workers', () => this.#lookAtWorkers());
    await this.#try('ended jobs', () => this.#outcomes.look());
    // Beside the rounds: a store that is slow must not delay what they are for.
    this.#atStore ??= this.#workAtStore().finally(() => (this.#atStore = undefined));
  }

  async #workAtStore(): Promise<void> {
    await this.#markStore();
    await this.#try('published models', () => this.#outcomes.takePublished(this.#facts.hasFiles()));
  }

  /** One part that fails does not keep the others from being done; each fault is logged once. */
  async #try(what: string, work: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#options;
    try {
      await work();
      if (this.#faults.delete(what)) logger.info(`[QUEUE] ${what}: all is well again`);
    } catch (error) {
      const fault = messageOf(error);
      const known = this.#faults.get(what);
      if (known?.reason === fault) return;
      this.#faults.set(what, { reason: fault, since: known?.since ?? clock.wallMs() });
      logger.warn(`[QUEUE] ${what}: ${fault}; tried again every ${ROUND_MS / 1000} s`);
    }
  }

  async #tell(): Promise<void> {
    const { stores, options, version, clock, speed } = this.#options;
    await stores.notices.tell({
      venue: options.venue,
      version,
      catalogueHash: catalogueHash(),
      options: toNoticeOptions(options),
      folderMark: this.#folderMark,
      hasFiles: this.#facts.hasFiles(),
      isPaused: await this.#noteFilePause(),
      marketMs: clock.marketMs(),
      wallMs: clock.wallMs(),
      speed,
    });
  }

  /** Left again where the store was emptied: workers tell by it that they use the same one. */
  async #markStore(): Promise<void> {
    const { stored } = this.#options;
    if (stored === undefined) return;
    await this.#try('artifact store', async () => {
      if (!(await stored.isMarked(this.#folderMark))) await stored.mark(this.#folderMark);
    });
  }

  async #noteFilePause(): Promise<boolean> {
    this.#isFilePaused = await this.#facts.isPausedByFile();
    return this.#isFilePaused;
  }

  /** A pause that ended is told at once; one that begins in the next round at the latest. */
  async #tellPause(): Promise<void> {
    if (this.#isFilePaused !== (await this.#facts.isPausedByFile())) await this.#tell();
  }

  async #recover(): Promise<void> {
    const { stores, options } = this.#options;
    const workers = await stores.workers.list(options.venue);
    const of = { venue: options.venue, withFiles: this.#facts.hasFiles() };
    await recoverJobs(this.#options, of, workers);
  }

  /** Says once that nobody trains, and once that somebody does again. */
  async #lookAtWorkers(): Promise<void> {
    const { logger } = this.#options;
    const readiness = await this.readiness.find();
    if (readiness.status === 'ready') {
      if (this.#roundsWithout >= PATIENT_ROUNDS) logger.info('[QUEUE] A worker can train again');
      this.#roundsWithout = 0;
      return;
    }
    this.#roundsWithout += 1;
    if (this.#roundsWithout !== PATIENT_ROUNDS) return;
    const { message, fix } = readiness;
    logger.warn(`[QUEUE] Nothing is trained: ${message}. To mend it, ${fix}`);
  }

  /** Asks Redis also where nothing waits, so that an outage is known before it costs something. */
  async #fill(): Promise<void> {
    if (await this.#facts.isHeld()) {
      await this.#tickets.fill([]);
      return;
    }
    const { stores, options } = this.#options;
    const of = { venue: options.venue, withFiles: this.#facts.hasFiles() };
    const waiting = await stores.queue.listWaiting({ ...of, work: 'training' }, MOST_TICKETS);
    this.#outcomes.expect(waiting);
    await this.#tickets.fill(waiting);
  }

  #take(event: JobEvent): void {
    if (event.kind === 'log') {
      this.#options.logger[event.level](event.message, event.fields);
      return;
    }
    this.#outcomes.take(event).catch((error: unknown) => {
      // The next round looks again.
      this.#options.logger.debug('[QUEUE] An event of a worker was dropped', { error });
    });
  }
}
