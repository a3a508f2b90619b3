import { isSessionOver, type SessionKind } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import { nextOccurrence, type CronRule } from '../../lib/cron.js';
import { RejectedError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import type { ScheduleState } from '../../storage/stores/schedule-store.js';
import type { Stores } from '../../storage/stores.js';
import { planScheduled, type PlannedJobs } from './plan-scheduled.js';
import { pregenerate, type PredictionPregeneration } from '../queue/prediction-pregeneration.js';
import type { TrainPlanner } from './train-planner.js';
import { trainingKeys } from '../options/training-keys.js';
import type { TrainingOptions } from '../options/training-options.js';
import type { TrainingSessions } from '../queue/training-sessions.js';

type ScheduleName = Extract<SessionKind, 'full' | 'incremental'>;

/** So long before a full retrain the predictions are made that serve while it runs. */
const PREGENERATE_AHEAD_MS = 5 * 60_000;
const RETRAIN_TTL_HOURS = 24;

export interface SchedulesDependencies {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: TrainingOptions;
  readonly sessions: TrainingSessions;
  readonly planner: Pick<TrainPlanner, 'findObstacle'>;
  readonly pregeneration: PredictionPregeneration;
  /** Whether jobs can run: without a trainer they would only pile up. */
  readonly isReady: () => Promise<boolean>;
}

/** Market times. */
interface Moment {
  readonly now: number;
  readonly dueAt: number;
}

/** Result of one poll of a schedule. */
type ScheduleOutcome =
  | { readonly status: 'begun'; readonly sessionUid: string }
  | { readonly status: 'nothing'; readonly reason: string }
  | { readonly status: 'put_off'; readonly reason: string };

/**
 * Full and incremental training on schedules in market time. The analysis cycle polls; what is due follows from
 * the stored state. A missed time delays its run, and several missed ones run once. State and session are stored
 * in one transaction, so that no run is done twice.
 */
export class TrainingSchedules {
  /** The due time of the full retrain for which predictions were made ahead. */
  #pregeneratedFor: number | undefined;

  readonly #dependencies: SchedulesDependencies;

  constructor(dependencies: SchedulesDependencies) {
    this.#dependencies = dependencies;
  }

  /** Called in each analysis cycle. */
  async poll(): Promise<void> {
    const { options, stores } = this.#dependencies;
    for (const name of ['full', 'incremental'] as const) {
      const stored = await stores.schedules.find(options.venue, name);
      await this.#keep(name, stored && (await this.#conclude(stored)));
    }
  }

  async #keep(name: ScheduleName, state: ScheduleState | undefined): Promise<void> {
    const { options, clock, logger } = this.#dependencies;
    const rule = options.schedules?.[name];
    const now = clock.marketMs();
    if (state?.rule !== ruleText(rule)) return this.#beginAnew({ name, rule, now, before: state });
    if (rule === undefined) return;
    const dueAt = nextOccurrence(rule, state.settledUntil);
    if (dueAt === undefined) return;
    if (name === 'full') await this.#pregenerateBefore(dueAt, now);
    if (dueAt > now) return;
    const outcome = await this.#run(state, { now, dueAt });
    if (outcome.status === 'put_off') {
      logger.debug(`[TRAIN] The ${name} training is put off: ${outcome.reason}`);
    } else if (outcome.status === 'nothing') {
      logger.info(`[TRAIN] Nothing to do for the ${name} training: ${outcome.reason}`);
    }
  }

  /** A schedule that is new, changed or switched on again starts from now: it catches up with nothing. */
  async #beginAnew(schedule: {
    readonly name: ScheduleName;
    readonly rule: CronRule | undefined;
    readonly now: number;
    readonly before: ScheduleState | undefined;
  }): Promise<void> {
    const { options, stores, logger } = this.#dependencies;
    const { name, rule, now, before } = schedule;
    await stores.schedules.set({
      venue: options.venue,
      name,
      rule: ruleText(rule),
      settledUntil: now,
      sessionUid: before?.sessionUid,
      isConcluded: before?.isConcluded ?? true,
    });
    if (rule === undefined) return;
    const first = nextOccurrence(rule, now);
    const when = first === undefined ? 'never' : new Date(first).toISOString();
    logger.info(`[TRAIN] ${name} training by "${ruleText(rule)}", next ${when} of market time`);
  }

  async #run(state: ScheduleState, moment: Moment): Promise<ScheduleOutcome> {
    const { stores, logger } = this.#dependencies;
    const name = state.name as ScheduleName;
    if (!state.isConcluded) return { status: 'put_off', reason: 'the last one is still running' };
    if (!(await this.#dependencies.isReady())) {
      return { status: 'put_off', reason: 'the trainer is not ready' };
    }
    const planned = await planScheduled(name, this.#dependencies);
    if (planned.keys.length === 0) {
      await stores.schedules.set({ ...state, settledUntil: moment.now });
      return { status: 'nothing', reason: formatSkipped(planned) };
    }
    const sessionUid = await this.#begin(state, moment, planned);
    if (sessionUid === undefined) return { status: 'put_off', reason: 'the queue is stopped' };
    logger.info(
      `[TRAIN] ${name} training of ${planned.keys.length} models begins; ` +
        `${planned.skipped.length} are left out`,
      { session: sessionUid, skipped: formatSkipped(planned) },
    );
    return { status: 'begun', sessionUid };
  }

  /** @returns undefined where the queue is stopped, or another process has begun the run */
  async #begin(
    state: ScheduleState,
    { now, dueAt }: Moment,
    planned: PlannedJobs,
  ): Promise<string | undefined> {
    const { venue, name } = state;
    const { skipped, ...asked } = planned;
    try {
      const { sessionUid, jobs } = await this.#dependencies.sessions.request({
        ...asked,
        kind: name as ScheduleName,
        isAutomatic: true,
        config: { dueAt, skipped: skipped.map(({ key, reason }) => ({ ...key, reason })) },
        alongside: async (tx, uid) => {
          const seen = await tx.schedules.find(venue, name, { isLocked: true });
          if (seen?.settledUntil !== state.settledUntil) {
            throw new RejectedError(`The ${name} training has begun already`);
          }
          await tx.schedules.set({
            ...state,
            settledUntil: now,
            sessionUid: uid,
            isConcluded: false,
          });
        },
      });
      return jobs.length === 0 ? undefined : sessionUid;
    } catch (error) {
      if (error instanceof RejectedError) return undefined;
      throw error;
    }
  }

  /** Notes that its last session has ended, so that the next one may begin. @returns the state since then */
  async #conclude(state: ScheduleState): Promise<ScheduleState> {
    const { stores, sessions } = this.#dependencies;
    if (state.isConcluded) return state;
    const view = state.sessionUid === undefined ? undefined : await sessions.find(state.sessionUid);
    if (view !== undefined && !isSessionOver(view.session.status)) return state;
    const concluded = { ...state, isConcluded: true };
    await stores.schedules.set(concluded);
    return concluded;
  }

  async #pregenerateBefore(dueAt: number, now: number): Promise<void> {
    if (dueAt - now > PREGENERATE_AHEAD_MS || this.#pregeneratedFor === dueAt) return;
    this.#pregeneratedFor = dueAt;
    const keys = trainingKeys(this.#dependencies.options);
    await pregenerate(this.#dependencies, keys, RETRAIN_TTL_HOURS);
  }
}

/** What is stored of a rule; `off` where there is none. */
function ruleText(rule: CronRule | undefined): string {
  return rule === undefined ? 'off' : `${rule.expression} ${rule.timeZone}`;
}

/** `98 × its model is pinned, 2 × no model serves`. */
function formatSkipped({ skipped }: PlannedJobs): string {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} × ${reason}`).join(', ');
}
