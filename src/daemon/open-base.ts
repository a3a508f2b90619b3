import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { readRunSettings } from '../../config/change-settings.js';
import type { Settings } from '../../config/settings.js';
import { DataDirLock } from '../coordination/data-dir-lock.js';
import { DatabaseWatch } from '../coordination/database-watch.js';
import type { Clock } from '../lib/clock.js';
import type { DisposalStack } from '../lib/disposal.js';
import type { Logger } from '../lib/logger.js';
import { QuietTurns } from '../lib/quiet-turns.js';
import { newUid } from '../lib/uid.js';
import { EventHub } from '../monitoring/event-hub.js';
import { FaultBoard } from '../monitoring/fault-board.js';
import { LoopWatch } from '../monitoring/loop-watch.js';
import type { Stores } from '../storage/stores.js';
import { Activity } from './activity.js';
import { assertModelsDir } from './assert-models-dir.js';
import { createArtifacts } from './create-artifacts.js';
import { createNotifications, outboxOf } from './create-notifications.js';
import { findPlace } from './find-place.js';
import { openStorage } from './open-storage.js';
import type { Base } from './phases.js';
import type { ReplaceableParts } from './replaceable-parts.js';

/** Silence of the cycles after which the daemon counts as stuck: in cycles, and at least. */
const STUCK_AFTER_CYCLES = 5;
const STUCK_AFTER_MS = 60_000;

export interface BaseTools {
  readonly version: string;
  readonly role: 'daemon' | 'collect' | 'train';
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stack: DisposalStack;
  readonly stopping: AbortSignal;
  readonly openStores: ReplaceableParts['openStores'];
}

/** Takes the data folder, opens the database and begins a run: everything else stands on it. */
export async function openBase(settings: Settings, tools: BaseTools): Promise<Base> {
  const { version, role, clock, logger, stack, stopping, openStores } = tools;
  const startedAt = clock.wallMs();
  const lock = stack.use('data folder', new DataDirLock(settings.dataDir));
  lock.acquire({
    pid: process.pid,
    host: hostname(),
    startedAt: new Date(startedAt).toISOString(),
    ...(role === 'daemon' ? {} : { program: `npm run ${role}` }),
  });
  // What only collects has no models.
  if (role !== 'collect') assertModelsDir(settings);
  const place = findPlace(settings.dataDir, { clock, logger });
  const storage = await openStorage(settings, { clock, logger, signal: stopping });
  const { database } = storage;
  stack.defer('database', () => database.close());
  const stores = openStores(database, clock, outboxOf(settings, role));
  const runUid = await beginRun(settings, { ...tools, startedAt, place, stores });
  const databaseWatch = stack.use(
    'database watch',
    new DatabaseWatch({ database, runUid, clock, logger }),
  );
  if (database.engine === 'mysql') databaseWatch.start();
  const loopWatch = stack.use('loop watch', new LoopWatch(clock, stuckAfterMs(settings)));
  loopWatch.start();
  const events = stack.use('events', new EventHub({ clock, runUid }));
  // Listeners are disconnected at once: closing their connections must not wait for the modules.
  stopping.addEventListener('abort', () => events.stop(), { once: true });
  const sending = { settings, version, role, stores, place, clock, logger };
  const notifications = stack.use('notifications', createNotifications(sending));
  return {
    settings,
    version,
    runUid,
    place,
    startedAt,
    wallClock: clock,
    logger,
    stopping,
    ...storage,
    databaseWatch,
    stores,
    loopWatch,
    quietTurns: new QuietTurns(),
    faults: new FaultBoard(),
    events,
    notifications,
    artifacts: createArtifacts(settings, { stores, clock, logger, stack }),
    activity: new Activity(clock),
  };
}

interface Run extends Pick<BaseTools, 'version' | 'clock' | 'logger' | 'stack'> {
  readonly startedAt: number;
  readonly place: string;
  readonly stores: Stores;
}

/** Stores that this run began, and with the end of the stack that it ended. */
async function beginRun(settings: Settings, run: Run): Promise<string> {
  const { version, startedAt, place, stores, clock, logger, stack } = run;
  const uid = newUid(startedAt);
  const crashed = await stores.runs.markCrashed(uid, place);
  if (crashed > 0) logger.warn('The last run ended without a stop; taking up what it left');
  await stores.runs.begin({
    uid,
    version,
    settingsHash: createHash('sha256').update(JSON.stringify(settings)).digest('hex'),
    settings: readRunSettings(settings),
    venue: settings.exchange,
    startedAt,
    pid: process.pid,
    host: place,
  });
  stack.defer('run', () =>
    stores.runs.end(uid, { endedAt: clock.wallMs(), exitReason: 'stopped' }),
  );
  return uid;
}

function stuckAfterMs({ analysisIntervalSec }: Settings): number {
  return Math.max(STUCK_AFTER_MS, STUCK_AFTER_CYCLES * analysisIntervalSec * 1000);
}
