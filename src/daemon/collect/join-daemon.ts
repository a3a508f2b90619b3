import { z } from 'zod';
import { status as statusAnswer } from '../../api/contract/status.js';
import { ConfigError, messageOf, TransientError } from '../../lib/errors.js';
import { DataDirLock, findLockHolder, type LockHolder } from '../../coordination/data-dir-lock.js';
import { fetchDaemon } from '../fetch-daemon.js';
import type { CollectOptions, CollectOutcome, CollectProgress } from './collect-options.js';

const LOOK_MS = 1_000;
const ANSWER_TIMEOUT_MS = 5_000;
/** A daemon that ended may be about to be started again: taking its folder would keep it from that. */
const RESTART_GRACE_MS = 30_000;
/** A daemon that begins, or is busy, may be silent for so long. */
const SILENCE_LIMIT_MS = 60_000;

/** The part of the daemon's status that matters here. */
const seenStatus = statusAnswer.pick({
  state: true,
  symbols: true,
  timeframes: true,
  collection: true,
});
type SeenStatus = z.output<typeof seenStatus>;

/**
 * Shows how far the daemon is that holds the data folder, until all it collects is up to date, the
 * signal aborts, or it has ended.
 *
 * @throws TransientError when it cannot be asked
 */
export async function joinDaemon(options: CollectOptions): Promise<CollectOutcome> {
  const { clock, logger, signal, settings, onProgress } = options;
  let heardAtMs = clock.wallMs();
  let left: readonly string[] | undefined;
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    const holder = findLockHolder(settings.dataDir);
    if (holder?.program !== undefined) throw alreadyRuns(holder, holder.program);
    const seen = await ask(holder, options);
    if (seen.status === 'silent') {
      const silentMs = clock.wallMs() - heardAtMs;
      const hasEnded = silentMs > RESTART_GRACE_MS && DataDirLock.isFree(settings.dataDir);
      if (hasEnded) return { status: 'changed-hands' };
      if (silentMs > SILENCE_LIMIT_MS) throw new TransientError(seen.reason);
    } else {
      heardAtMs = clock.wallMs();
      if (left === undefined && seen.answer.symbols.length > 0) {
        left = findUncollected(options, seen.answer);
        logger.info(`The daemon (process ${holder?.pid ?? '?'}) collects already: joining it`);
        if (left.length > 0) logger.warn(`The daemon does not collect ${left.join(', ')}`);
      }
      if (seen.answer.state === 'standing by') throw standsBy();
      onProgress(toProgress(seen.answer));
      if (isUpToDate(seen.answer)) return { status: 'up-to-date', left: explain(left ?? []) };
    }
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
  return { status: 'stopped', left: [] };
}

type Seen =
  | { readonly status: 'seen'; readonly answer: SeenStatus }
  | { readonly status: 'silent'; readonly reason: string };

async function ask(
  holder: LockHolder | undefined,
  { settings, signal }: CollectOptions,
): Promise<Seen> {
  const address = holder?.apiAddress;
  if (address === undefined) {
    return { status: 'silent', reason: 'The daemon that holds DATA_DIR does not serve its API' };
  }
  const { apiToken } = settings;
  try {
    const response = await fetchDaemon({ address, apiToken }, '/api/status', {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    return { status: 'seen', answer: seenStatus.parse(await response.json()) };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const reason = error instanceof z.ZodError ? 'an answer of another version' : messageOf(error);
    return { status: 'silent', reason: `The daemon at ${address} does not answer: ${reason}` };
  }
}

/** A name may be written in several ways: `BTC/USDT`, `BTCUSDT`, `BTC-USDT`. */
function findUncollected(
  { settings }: CollectOptions,
  { symbols, timeframes }: SeenStatus,
): string[] {
  const plain = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const known = new Set(
    symbols.flatMap(({ symbol, unified_symbol: unified }) => [plain(symbol), plain(unified)]),
  );
  return [
    ...settings.symbols.filter((name) => name !== 'all' && !known.has(plain(name))),
    ...settings.timeframes.filter((name) => !timeframes.includes(name)),
  ];
}

function explain(names: readonly string[]): string[] {
  return names.map((name) => `${name}: not in the daemon's SYMBOLS and TIMEFRAMES; add it there`);
}

function isUpToDate({ collection }: SeenStatus): boolean {
  const { state, series, series_ready: ready, stale } = collection;
  return state === 'following' && series > 0 && ready === series && stale.length === 0;
}

function toProgress({ collection }: SeenStatus): CollectProgress {
  return {
    by: 'the daemon',
    state: collection.state,
    seriesReady: collection.series_ready,
    seriesTotal: collection.series,
    barsDone: collection.bars_done,
    barsWanted: collection.bars_wanted,
    percentage: collection.backfill_percent,
  };
}

function alreadyRuns({ pid, host }: LockHolder, program: string): TransientError {
  return new TransientError(`${program} runs already: process ${pid} on ${host}`);
}

function standsBy(): TransientError {
  return new TransientError(
    'The daemon here stands by for another one, which collects: ask that one, or stop this one',
  );
}
