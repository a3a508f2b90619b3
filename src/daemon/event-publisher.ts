import { keyAnswer, type MarketIds } from '../api/answers/keys.js';
import { signalAnswer } from '../api/answers/signals.js';
import { tradeAnswer } from '../api/answers/trading.js';
import { sessionAnswer } from '../api/answers/training.js';
import type { Instrument } from '../domain/market.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { Signal } from '../domain/signal.js';
import type { TrainingJob } from '../domain/training-job.js';
import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { EventHub } from '../monitoring/event-hub.js';
import type { Activity } from './activity.js';
import type { LedgerEntry } from '../trading/books/ledger.js';
import type { TrainingEvents } from '../training/queue/job-worker.js';
import type { SessionEvents, TrainingSessions } from '../training/queue/training-sessions.js';

/** Wall time between two events about the progress of one session. */
const SESSION_EVERY_MS = 1000;

export interface EventPublisherOptions {
  readonly hub: EventHub;
  readonly activity: Activity;
  readonly instruments: { readonly all: readonly Instrument[] };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined while nothing trains here. */
  readonly findSessions: () => Pick<TrainingSessions, 'find'> | undefined;
}

type ModuleEvents = TrainingEvents & SessionEvents;
type TrainingPublishers = {
  readonly [Name in keyof ModuleEvents]-?: NonNullable<ModuleEvents[Name]>;
};

/** Publishes what happens in the modules as events of `GET /api/events`, in the shapes of the API. */
export class EventPublisher {
  readonly #options: EventPublisherOptions;
  readonly #stopping = new AbortController();
  readonly #begun = new Set<string>();
  readonly #sessionsDue = new Set<string>();
  #publishing: Promise<void> | undefined;

  constructor(options: EventPublisherOptions) {
    this.#options = options;
  }

  get #marketIds(): MarketIds {
    return new Map(this.#options.instruments.all.map(({ symbol, marketId }) => [symbol, marketId]));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#publishing;
  }

  signal(signal: Signal): void {
    this.#options.activity.noteSignal(signal);
    const createdAt = this.#options.clock.wallMs();
    this.#options.hub.publish('signal', signalAnswer({ ...signal, createdAt }, this.#marketIds));
  }

  /** An entry that has been stored in the books. */
  ledgerEntry(entry: LedgerEntry): void {
    const { hub, activity } = this.#options;
    const { decision, fills = [] } = entry;
    activity.noteEntry(entry);
    if (decision !== undefined) {
      const { uid, signalUid, action, reason, isAdvisory, positionUid } = decision;
      hub.publish('decision', {
        uid,
        ...keyAnswer(decision, this.#marketIds),
        signal_uid: signalUid,
        candle_open_time: new Date(decision.candleOpenTime).toISOString(),
        action,
        reason,
        is_advisory: isAdvisory,
        position_uid: positionUid ?? null,
        decided_at: new Date(decision.decidedAt).toISOString(),
      });
    }
    for (const { fill } of fills) hub.publish('fill', tradeAnswer(fill, this.#marketIds));
  }

  readonly training: TrainingPublishers = {
    onQueued: (jobs) => {
      for (const job of jobs) this.#job('job.queued', job);
      this.#queueSession(jobs[0]?.sessionUid);
    },
    onProgress: (job, { stage, progressPct }) => {
      if (!this.#begun.has(job.uid)) {
        this.#begun.add(job.uid);
        this.#job('job.started', job);
      }
      this.#job('job.progress', job, { stage, progress: progressPct });
      this.#queueSession(job.sessionUid);
    },
    onEnded: (job, status) => {
      this.#begun.delete(job.uid);
      this.#options.activity.noteTraining(status);
      this.#job('job.finished', job, { outcome: status });
      this.#queueSession(job.sessionUid);
    },
    onPromoted: (record) => this.#trained('model.promoted', record),
    onRejected: (record) => this.#trained('model.rejected', record),
    onFailed: (record) => this.#model('model.failed', record),
  };

  #job(
    name: 'job.queued' | 'job.started' | 'job.progress' | 'job.finished',
    job: TrainingJob,
    more: object = {},
  ): void {
    this.#options.hub.publish(name, {
      job_id: job.uid,
      session_id: job.sessionUid,
      ...keyAnswer(job, this.#marketIds),
      priority: job.priority,
      cause: job.cause,
      attempt: job.attempt,
      ...more,
    });
  }

  #trained(name: 'model.promoted' | 'model.rejected', record: ModelRecord): void {
    this.#options.activity.noteDuration(record.trainingDurationSec);
    this.#model(name, record);
  }

  #model(name: 'model.promoted' | 'model.rejected' | 'model.failed', record: ModelRecord): void {
    this.#options.hub.publish(name, {
      model_uid: record.uid,
      job_id: record.jobUid,
      ...keyAnswer(record, this.#marketIds),
      reason: record.verdict?.reason ?? record.errorMessage ?? null,
    });
  }

  /** Reading a session costs queries, so it is done only while a client listens. */
  #queueSession(uid: string | undefined): void {
    if (uid === undefined || this.#options.hub.clients === 0) return;
    this.#sessionsDue.add(uid);
    this.#publishing ??= this.#publishSessions().finally(() => (this.#publishing = undefined));
  }

  async #publishSessions(): Promise<void> {
    const { clock, hub, logger, findSessions } = this.#options;
    const { signal } = this.#stopping;
    while (this.#sessionsDue.size > 0 && !signal.aborted) {
      const due = [...this.#sessionsDue];
      this.#sessionsDue.clear();
      for (const uid of due) {
        try {
          const view = await findSessions()?.find(uid);
          if (view !== undefined) hub.publish('session.progress', sessionAnswer(view));
        } catch (error) {
          logger.debug('The progress of a session could not be published', {
            reason: messageOf(error),
          });
        }
      }
      await clock.sleep(SESSION_EVERY_MS, signal).catch(() => undefined);
    }
  }
}
