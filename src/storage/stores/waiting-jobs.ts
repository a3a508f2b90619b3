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

/** Jobs that may be claimed: of no session that is paused, and none while a person has paused or stopped the queue. */
export function waitingJobs(knex: Knex, of: OfDaemon): Knex.QueryBuilder {
  const paused = knex('training_sessions').where({ status: 'paused' }).select('uid');
  const held = knex('training_control')
    .where({ venue: of.venue })
    .where((either) => void either.where({ is_paused: 1 }).orWhere({ is_stopped: 1 }))
    .select('venue');
  return knex('training_jobs')
    .where({ status: 'pending' })
    .where(ofDaemon(of))
    .whereNotIn('session_uid', paused)
    .whereNotExists(held);
}

/** The first of the jobs that may be claimed, by their turns. */
export function firstByTurn(knex: Knex, of: OfDaemon, limit: number): Knex.QueryBuilder {
  return waitingJobs(knex, of)
    .orderBy(['turn_at', 'queued_at', 'id'])
    .limit(limit)
    .select('training_jobs.*');
}

/**
 * The first of the jobs that may be claimed, for a worker that takes these priorities in an order of its own. The first
 * of each priority come in the order of an index; an order of all of them together would sort all that wait.
 */
export function nextOfQueues(
  knex: Knex,
  of: OfDaemon,
  { queues, limit }: { readonly queues: readonly Priority[]; readonly limit: number },
): Knex.QueryBuilder {
  const firsts = queues.map((priority) => {
    const due = knex.raw('turn_at + ? AS due_at', [rankShift(priority, queues)]);
    const first = waitingJobs(knex, of)
      .where({ priority })
      .orderBy(['turn_at', 'queued_at', 'id'])
      .limit(limit)
      .select('id', due);
    return knex.select('id', 'due_at').from(first.as('first'));
  });
  const next = knex.unionAll(firsts).as('next');
  return knex('training_jobs')
    .join(next, 'next.id', 'training_jobs.id')
    .orderBy(['due_at', 'queued_at', 'training_jobs.id'])
    .limit(limit)
    .select('training_jobs.*');
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
