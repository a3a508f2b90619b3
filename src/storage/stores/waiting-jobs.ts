import type { Knex } from 'knex';
import { EMBEDDING_BOT } from '../../domain/bots.js';
import { ALL_FILES } from '../../domain/market.js';
import { rankShift, type Priority } from '../../domain/training-job.js';

/** Whose jobs are meant: another venue's belong to another daemon. */
export interface OfDaemon {
  readonly venue: string;
  /** Also those of what was imported from files, which one daemon at a time works on. */
  readonly withFiles?: boolean | undefined;
  /** Only jobs that train models, or only those that embed windows; both where left out. */
  readonly work?: 'training' | 'embedding' | undefined;
  /** Only jobs of these bots; of all where undefined. */
  readonly bots?: readonly string[] | undefined;
}

/** Jobs that may be claimed: of no session that is paused. */
export function waitingJobs(knex: Knex, of: OfDaemon): Knex.QueryBuilder {
  const paused = knex('training_sessions').where({ status: 'paused' }).select('uid');
  return knex('training_jobs')
    .where({ status: 'pending' })
    .where(ofDaemon(of))
    .whereNotIn('session_uid', paused);
}

/** What a job's turn is by, for a worker that takes the priorities in an order of its own. */
export function turnOf(knex: Knex, queues: readonly Priority[] | undefined): string | Knex.Raw {
  const shifts = (queues ?? []).map((one) => [one, rankShift(one, queues ?? [])] as const);
  const isUsual = shifts.every(([, shift]) => shift === shifts[0]?.[1]);
  if (isUsual) return 'turn_at';
  const cases = shifts.map(() => 'WHEN ? THEN ?').join(' ');
  return knex.raw(`turn_at + CASE priority ${cases} ELSE 0 END`, shifts.flat());
}

export function ofDaemon({
  venue,
  withFiles = false,
  work,
  bots,
}: OfDaemon): (group: Knex.QueryBuilder) => void {
  return (group) => {
    void group.where((venues) => {
      void venues.where({ venue });
      if (withFiles) void venues.orWhere('venue', 'like', `${ALL_FILES}%`);
    });
    if (work === 'embedding') void group.where({ bot: EMBEDDING_BOT });
    if (work === 'training') void group.whereNot({ bot: EMBEDDING_BOT });
    if (bots !== undefined) void group.whereIn('bot', [...bots]);
  };
}
