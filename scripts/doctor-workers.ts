import { findUntrainable, isAlive, type SeenWorker } from '../src/domain/queue-worker.js';
import { formatDuration } from '../src/domain/training-cooldown.js';
import type { Finding } from './doctor-finding.js';

export interface OwnProgram {
  readonly version: string;
  /** Of the settings. */
  readonly bots: readonly string[];
}

const NAME = 'workers';
const START = 'start one: npm run worker';
const MOST_NAMED = 5;
/** What a worker met longer ago says little about now. */
const RECENT_MS = 24 * 3_600_000;

/** Who works off the queue, by which version, and why others do not, as far as the database knows. */
export function judgeWorkers(seen: readonly SeenWorker[], own: OwnProgram): Finding {
  const alive = seen.filter(isAlive);
  const lost = findLost(seen, alive);
  const others = [...alive, ...lost].filter(({ version }) => version !== own.version);
  const { bots, reasons } = findUntrainable(own.bots, alive);
  const isLacking = alive.length > 0 && bots.length > 0;
  const troubles = [
    ...others.map(({ host, version }) => `${host} has version ${version}, this is ${own.version}`),
    ...(isLacking ? [`none can train ${bots.join(', ')}`, ...reasons] : []),
    ...lost.map(describeLost),
  ];
  const message = [describeAlive(alive), ...troubles].join('; ');
  if (alive.length > 0 && troubles.length === 0) return { name: NAME, status: 'ok', message };
  const fixes = [
    ...(others.length > 0 ? [`install ${own.version} there, and start it again`] : []),
    ...(isLacking ? ['mend that, or start one that can: npm run worker'] : []),
  ];
  const remedy = alive.length === 0 && lost.length > 0 ? `mend that, then ${START}` : START;
  return { name: NAME, status: 'warning', message, fix: fixes.join('; ') || remedy };
}

/** The newest of each host on which none works. */
function findLost(
  seen: readonly SeenWorker[],
  alive: readonly SeenWorker[],
): readonly SeenWorker[] {
  const hosts = new Set(alive.map(({ host }) => host));
  const lost: SeenWorker[] = [];
  for (const worker of seen) {
    if (hosts.has(worker.host) || worker.silentMs > RECENT_MS) continue;
    // Where others work, one that was stopped is nobody's trouble.
    if (alive.length > 0 && worker.status === 'stopped') continue;
    hosts.add(worker.host);
    lost.push(worker);
  }
  return lost.slice(0, MOST_NAMED);
}

function describeAlive(alive: readonly SeenWorker[]): string {
  if (alive.length === 0) return 'none is at work';
  const hosts = alive.map(({ host, version }) => `${host} (${version})`);
  return `${alive.length} at work: ${hosts.join(', ')}`;
}

function describeLost({ host, status, reason, silentMs }: SeenWorker): string {
  const since = formatDuration(silentMs);
  if (status === 'refused') return `${host} was refused ${since} ago: ${reason ?? 'no reason'}`;
  if (status === 'stopped') return `${host} was stopped ${since} ago`;
  return `${host} is silent for ${since}, so it counts as dead`;
}
