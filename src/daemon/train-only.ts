import type { ChildEnvironments } from '../lib/child-environments.js';
import { LeaseKeeper } from '../coordination/lease-keeper.js';
import { DisposalStack } from '../lib/disposal.js';
import { TransientError } from '../lib/errors.js';
import { chooseInstruments } from './choose-instruments.js';
import { createTraining } from './create-training.js';
import { toModuleOptions } from './module-options.js';
import { accountOf } from './open-live.js';
import type { Market } from './open-market.js';
import type { Base, CurrentPhase } from './phases.js';
import type { ReplaceableParts } from './replaceable-parts.js';

const POLL_MS = 500;

export interface TrainOnlyTools {
  readonly parts: Pick<ReplaceableParts, 'createTrainer' | 'checkPython'>;
  readonly childEnvironments: ChildEnvironments;
}

/**
 * The daemon of `npm run train`: it works off the queue on the candles that are stored, and queues
 * nothing by itself. It holds the lease of the daemon that trades, because two would take each other's
 * jobs for those of a dead process.
 *
 * @throws TransientError while a daemon on another machine holds that lease
 */
export async function trainOnly(
  base: Base,
  market: Market,
  { phase, parts, childEnvironments }: TrainOnlyTools & { readonly phase: CurrentPhase },
): Promise<void> {
  const { settings, stores, wallClock: clock, logger, place: holder, stopping } = base;
  const { venue } = market.data;
  const instruments = chooseInstruments(settings, market.data);
  const options = toModuleOptions(settings, instruments, market);
  const stack = new DisposalStack(logger);
  try {
    const key = { venue, account: accountOf(settings) };
    const { leases } = stores;
    const keeper = new LeaseKeeper({ name: 'training', key, leases, clock, logger, holder });
    const lease = stack.use('lease', keeper);
    await lease.start();
    assertHeld(lease);
    const parameters = { ...base, market, options };
    const training = createTraining(parameters, { parts, childEnvironments, signal: stopping });
    stack.use('training', training);
    phase.enter({ ...base, name: 'training', market, instruments, options, training });
    await training.start();
    // The command that asked for a session says how it ended; a later daemon must not say it again.
    stack.defer('sessions', () => concludeSessions(base, training.sessions));
    while (!stopping.aborted) {
      assertHeld(lease);
      await concludeSessions(base, training.sessions);
      await clock.sleep(POLL_MS, stopping).catch(() => undefined);
    }
  } finally {
    await stack.stop();
  }
}

function assertHeld(lease: LeaseKeeper): void {
  if (lease.isHeld()) return;
  throw new TransientError(
    'A daemon elsewhere works on this database: ask it to train, by its page or its API',
  );
}

/** Stores the end of the sessions that this run was asked for. */
async function concludeSessions(
  { stores, startedAt }: Base,
  sessions: { conclude(uid: string): Promise<boolean> },
): Promise<void> {
  for (const status of ['running', 'paused'] as const) {
    for (const { uid, createdAt } of await stores.sessions.listByStatus(status)) {
      if (createdAt >= startedAt) await sessions.conclude(uid);
    }
  }
}
