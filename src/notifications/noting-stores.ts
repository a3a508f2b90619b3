import type { BookKey, Fill } from '../domain/trade.js';
import type { Halt } from '../domain/halt.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { Notification, NotificationEvent } from '../domain/notification.js';
import type { Clock } from '../lib/clock.js';
import { RejectedError } from '../lib/errors.js';
import type { Database } from '../storage/database/database.js';
import { FillStore } from '../storage/stores/fill-store.js';
import { HaltStore } from '../storage/stores/halt-store.js';
import { JobStore, type JobEnd } from '../storage/stores/job-store.js';
import { ModelStore } from '../storage/stores/model-store.js';
import { NotificationStore } from '../storage/stores/notification-store.js';
import { OrderStore } from '../storage/stores/order-store.js';
import { PositionStore } from '../storage/stores/position-store.js';
import { RunStore } from '../storage/stores/run-store.js';
import { openStores, type Stores } from '../storage/stores.js';
import {
  fillNotice,
  haltNotice,
  promotedNotice,
  resumeNotice,
  startNotice,
  trainingDoneNotice,
  trainingFailedNotice,
} from './describe-events.js';

/** Where notices go. */
export interface Outbox {
  readonly exchange: string;
  /** Names of the channels that are set up. */
  readonly channels: readonly string[];
  readonly events: readonly NotificationEvent[];
}

/**
 * The stores of a database, which also note what people are to be told, in the transaction that stores what
 * happened. So neither trading nor training knows of it, and nothing is told that was undone.
 */
export function openNotingStores(database: Database, clock: Clock, outbox: Outbox): Stores {
  const plain = openStores(database, clock);
  if (outbox.channels.length === 0) return plain;
  const tools = { database, clock, outbox };
  return {
    ...plain,
    fills: new NotingFills(tools),
    halts: new NotingHalts(tools),
    jobs: new NotingJobs(tools),
    models: new NotingModels(tools),
    runs: new NotingRuns(tools),
    transaction: (work) => database.transaction((tx) => work(openNotingStores(tx, clock, outbox))),
    within: (tx) => openNotingStores(tx, clock, outbox),
  };
}

/** Adds a notice to the outbox, if it is one that is wanted. */
export async function note(
  database: Database,
  { clock, outbox }: Pick<Tools, 'clock' | 'outbox'>,
  told: Notification,
): Promise<void> {
  if (!outbox.events.includes(told.event)) return;
  try {
    await new NotificationStore(database, clock).append(outbox, told);
  } catch (error) {
    // A row that cannot be stored is no reason to undo what it tells of.
    if (!(error instanceof RejectedError)) throw error;
  }
}

interface Tools {
  readonly database: Database;
  readonly clock: Clock;
  readonly outbox: Outbox;
}

class NotingFills extends FillStore {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    super(tools.database, tools.clock);
    this.#tools = tools;
  }

  override insert(fill: Fill, sequence = 1): ReturnType<FillStore['insert']> {
    const { database, clock } = this.#tools;
    return database.transaction(async (tx) => {
      const inserted = await new FillStore(tx, clock).insert(fill, sequence);
      const order = await new OrderStore(tx, clock).find(fill.orderUid);
      const position =
        order === undefined
          ? undefined
          : await new PositionStore(tx, clock).find(order.positionUid);
      await note(tx, this.#tools, fillNotice(fill, position, clock.wallMs()));
      return inserted;
    });
  }
}

class NotingHalts extends HaltStore {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    super(tools.database, tools.clock);
    this.#tools = tools;
  }

  override insert(halt: Halt): Promise<void> {
    const { database, clock } = this.#tools;
    return database.transaction(async (tx) => {
      await new HaltStore(tx, clock).insert(halt);
      await note(tx, this.#tools, haltNotice(halt, clock.wallMs()));
    });
  }

  override resume(book: BookKey, end: Parameters<HaltStore['resume']>[1]): Promise<number> {
    const { database, clock } = this.#tools;
    return database.transaction(async (tx) => {
      const ended = await new HaltStore(tx, clock).resume(book, end);
      if (ended > 0) await note(tx, this.#tools, resumeNotice(book, end.by, clock.wallMs()));
      return ended;
    });
  }
}

class NotingJobs extends JobStore {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    super(tools.database, tools.clock);
    this.#tools = tools;
  }

  override finish(uid: string, end: JobEnd): Promise<void> {
    const { database, clock } = this.#tools;
    if (end.status !== 'failed') return super.finish(uid, end);
    return database.transaction(async (tx) => {
      const jobs = new JobStore(tx, clock);
      await jobs.finish(uid, end);
      const job = await jobs.find(uid);
      // Nobody waits for the model of an experiment.
      if (job === undefined || job.trialUid !== undefined) return;
      await note(tx, this.#tools, trainingFailedNotice(job, clock.wallMs()));
    });
  }
}

class NotingModels extends ModelStore {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    super(tools.database, tools.clock);
    this.#tools = tools;
  }

  override insert(record: ModelRecord): ReturnType<ModelStore['insert']> {
    const { database, clock } = this.#tools;
    return database.transaction(async (tx) => {
      const stored = await new ModelStore(tx, clock).insert(record);
      if (record.status !== 'failed') {
        await note(tx, this.#tools, trainingDoneNotice(stored, clock.wallMs()));
      }
      return stored;
    });
  }

  override promote(uid: string): ReturnType<ModelStore['promote']> {
    const { database, clock } = this.#tools;
    return database.transaction(async (tx) => {
      const stored = await new ModelStore(tx, clock).promote(uid);
      await note(tx, this.#tools, promotedNotice(stored, stored.rowVersion, clock.wallMs()));
      return stored;
    });
  }
}

class NotingRuns extends RunStore {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    super(tools.database, tools.clock);
    this.#tools = tools;
  }

  override begin(run: Parameters<RunStore['begin']>[0]): ReturnType<RunStore['begin']> {
    const { database, clock } = this.#tools;
    return database.transaction(async (tx) => {
      const runs = new RunStore(tx, clock);
      const { rows } = await runs.list({ venue: run.venue }, { limit: 1, offset: 0 });
      const begun = await runs.begin(run);
      const isAfterCrash = rows[0]?.host === run.host && rows[0].exitReason === 'crashed';
      await note(tx, this.#tools, startNotice(run, { isAfterCrash, at: clock.wallMs() }));
      return begun;
    });
  }
}
