import type { ChildEnvironments } from './lib/child-environments.js';
import type { EffectiveSetting } from '../config/effective-settings.js';
import type { Settings } from '../config/settings.js';
import { assembleWork } from './daemon/active.js';
import { assertBotLibraries } from './daemon/assert-bots.js';
import { collectOnly } from './daemon/collect-only.js';
import { connect } from './daemon/connect.js';
import { assertNoBooksLeft } from './daemon/left-books.js';
import { openBase } from './daemon/open-base.js';
import { assertMayTrade, openLive } from './daemon/open-live.js';
import type { Market } from './daemon/open-market.js';
import { createSupervisor, type SupervisorEnvironment } from './daemon/create-supervisor.js';
import { CurrentPhase, type Base, type Connected } from './daemon/phases.js';
import { REAL_PARTS, type ReplaceableParts } from './daemon/replaceable-parts.js';
import { trainOnly } from './daemon/train-only.js';
import { serveApi } from './daemon/views/serve-api.js';
import { DisposalStack } from './lib/disposal.js';
import { ConfigError, messageOf } from './lib/errors.js';
import { LogTail } from './lib/log-tail.js';
import type { Logger } from './lib/logger.js';

/** Which parts it runs: all of them, or those of `npm run collect` or `npm run train`. */
export type DaemonRole = 'daemon' | 'collect' | 'train';

export interface DaemonOptions {
  /** Default: `daemon`. */
  readonly role?: DaemonRole;
  readonly logger: Logger;
  readonly version: string;
  /** What systemd put into the environment. */
  readonly supervisor?: SupervisorEnvironment;
  readonly childEnvironments: ChildEnvironments;
  /** Every setting and where it comes from, for `GET /api/settings`. */
  readonly effectiveSettings?: readonly EffectiveSetting[];
  /** The newest lines of the logger. */
  readonly logTail?: LogTail;
  /** Called with the address of the API once it listens. */
  readonly onServing?: (address: string) => void;
}

export interface Daemon {
  /**
   * Runs until the signal aborts, then releases everything in reverse. To be called once.
   * @throws ConfigError when a person must mend something first
   */
  run(signal: AbortSignal): Promise<void>;
}

interface RunOptions extends DaemonOptions {
  readonly role: DaemonRole;
  readonly parts: ReplaceableParts;
}

/** How soon a lease that came or went is noticed. */
const LEASE_POLL_MS = 1000;

/**
 * The only wiring, in the order in which things begin. There are three stages: base (database, API),
 * connected (venue, trading) and, only while this daemon holds the lease, active (collection, signals,
 * training).
 *
 * @param overrides what a test puts in place of a part
 */
export function createDaemon(
  settings: Settings,
  options: DaemonOptions,
  overrides: Partial<ReplaceableParts> = {},
): Daemon {
  const { role = 'daemon' } = options;
  const parts = { ...REAL_PARTS, ...overrides };
  return { run: (signal) => run(settings, { ...options, role, parts }, signal) };
}

async function run(settings: Settings, options: RunOptions, signal: AbortSignal): Promise<void> {
  const { logger, version, parts, role } = options;
  const level = role === 'daemon' ? 'info' : 'debug';
  if (role === 'daemon') assertMayTrade(settings);
  if (role !== 'collect') await assertBotLibraries(settings, { ...parts, signal });
  const stack = new DisposalStack(logger);
  const ending = new AbortController();
  const stopping = AbortSignal.any([signal, ending.signal]);
  try {
    const { clock, openStores } = parts;
    const base = await openBase(settings, { ...options, clock, stack, stopping, openStores });
    const phase = new CurrentPhase({ ...base, name: 'starting' });
    const supervisor = createSupervisor(phase.read, { clock, logger, ...options.supervisor });
    stack.use('supervisor', supervisor);
    const { effectiveSettings = [], logTail = new LogTail(), childEnvironments } = options;
    const shown = { readPhase: phase.read, effectiveSettings, logTail };
    const { quietTurns: turns } = base;
    const address = await serveApi(base, { ...shown, stack, role, childEnvironments });
    logger[level](`Page and API at ${address}`, { run: base.runUid, version });
    await supervisor.ready(`serving at ${address}`);
    options.onServing?.(address);
    stack.defer('base', () => {
      ending.abort();
      base.database.failFast();
    });
    const market = await parts.openMarket(settings, { clock, logger, stack, turns });
    phase.enter({ ...base, name: 'connecting', market });
    await market.data.start(stopping);
    if (role === 'collect') await collectOnly(base, market, phase);
    else if (role === 'train') await trainOnly(base, market, { ...options, phase });
    else await trade(base, market, { ...options, phase, stack });
  } catch (error) {
    if (!signal.aborted || error instanceof ConfigError) throw error;
    logger.debug('Stopped while starting', { reason: messageOf(error) });
  } finally {
    await stack.stop();
    logger[level]('Stopped');
  }
}

interface WorkOptions extends Pick<RunOptions, 'parts' | 'childEnvironments'> {
  readonly phase: CurrentPhase;
}

/** Works whenever this daemon holds the lease, and stands by while another one does. */
async function trade(
  base: Base,
  market: Market,
  { stack, ...options }: WorkOptions & { readonly stack: DisposalStack },
): Promise<void> {
  const { wallClock: clock, stopping } = base;
  const { parts, phase } = options;
  const { settings, logger } = base;
  const { venue, clock: marketClock } = market.data;
  await assertNoBooksLeft(base, { venue, marketMs: marketClock.marketMs() });
  const live = await openLive(settings, market, { clock, logger, stack, stopping });
  const connected = connect(base, market, { stack, parts, live, readPhase: phase.read });
  phase.enter({ ...connected, name: 'standby' });
  await connected.trading.start();
  while (!stopping.aborted) {
    if (isActive(connected)) await work(connected, options);
    else await clock.sleep(LEASE_POLL_MS, stopping).catch(() => undefined);
  }
}

/** Works until the lease is lost, which means that another daemon works now, or until a stop. */
async function work(
  connected: Connected,
  { phase, parts, childEnvironments }: WorkOptions,
): Promise<void> {
  const { wallClock: clock, logger, stopping, loopWatch } = connected;
  const stack = new DisposalStack(logger);
  const leaving = new AbortController();
  const { signal } = leaving;
  const assembled = assembleWork(connected, { parts, childEnvironments, stack, signal });
  // The cycles begin now: the silence before was that of a daemon that stands by.
  loopWatch.start();
  phase.enter({ ...assembled.active, name: 'active' });
  try {
    await assembled.start();
    while (!stopping.aborted && isActive(connected)) {
      await clock.sleep(LEASE_POLL_MS, stopping).catch(() => undefined);
    }
  } finally {
    leaving.abort(new Error('This daemon does not work any more'));
    await stack.stop();
    phase.enter({ ...connected, name: 'standby' });
  }
}

function isActive({ trading }: Connected): boolean {
  return trading.status().state === 'active';
}
