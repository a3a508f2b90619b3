import { readdirSync, readFileSync } from 'node:fs';
import { open, readdir, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Settings } from '../config/settings.js';
import { trainingStatus } from '../src/api/contract/training.js';
import { health, status } from '../src/api/contract/status.js';
import { report } from '../src/api/contract/models.js';
import type { Clock } from '../src/lib/clock.js';
import { fetchDaemon } from '../src/commands/daemon-client.js';
import { ConfigError, messageOf } from '../src/lib/errors.js';
import { findLockHolder } from '../src/coordination/data-dir-lock.js';

const ANSWER_TIMEOUT_MS = 5000;
/** Processor use is measured over this long. */
const MEASURE_MS = 500;
const LOG_TAIL_BYTES = 64 * 1024;
const LOG_LINES = 8;

/** Parts of the answers that are read: another version's other fields do no harm. */
const seenStatus = status.pick({
  version: true,
  state: true,
  uptime_sec: true,
  market_time: true,
  wall_time: true,
  loop: true,
  database: true,
  exchange: true,
  collection: true,
  model: true,
  queue: true,
  cache: true,
  process: true,
  trading: true,
  warnings: true,
});
/** A daemon of an earlier version answers without findings. */
const seenHealth = health.extend({ findings: health.shape.findings.default([]) });
const seenReport = report.pick({ summary: true });

export type SeenStatus = z.output<typeof seenStatus>;

export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly message: string;
}

export interface Machine {
  readonly cores: number;
  readonly cpu_percent: number;
  readonly load_1m: number;
  readonly memory_total_mb: number;
  readonly memory_free_mb: number;
  /** Of the file system that holds DATA_DIR; null where it cannot be asked. */
  readonly disk_total_gb: number | null;
  readonly disk_free_gb: number | null;
}

export interface DaemonProcess {
  readonly pid: number;
  readonly cpu_percent: number;
  readonly memory_mb: number;
  /** With the trainer and the demo exchange where they can be seen. */
  readonly processes: number;
}

/** Everything that one snapshot of a daemon shows. */
export interface Snapshot {
  readonly at: string;
  readonly address: string;
  readonly level: 'ok' | 'degraded' | 'failing' | 'unknown';
  /** Why nothing is known of the daemon. */
  readonly problem: string | null;
  readonly machine: Machine;
  readonly process: DaemonProcess | null;
  readonly status: SeenStatus | null;
  readonly health: z.output<typeof seenHealth> | null;
  readonly training: z.output<typeof trainingStatus> | null;
  readonly models: z.output<typeof report>['summary'] | null;
  readonly log: readonly LogLine[];
}

/** @throws ConfigError when the token is refused */
export async function takeSnapshot(settings: Settings, clock: Clock): Promise<Snapshot> {
  const address = addressOf(settings);
  const ask = <T extends z.ZodType>(route: string, shape: T): Promise<z.output<T>> =>
    askDaemon({ address, route, token: settings.apiToken }, shape);
  const beforeCpu = os.cpus();
  const nothing = { process: null, status: null, health: null, training: null, models: null };
  const about = { at: new Date(clock.wallMs()).toISOString(), address };
  try {
    const first = await ask('/api/status', seenStatus);
    const startedMs = clock.wallMs();
    await clock.sleep(MEASURE_MS);
    const seen = await ask('/api/status', seenStatus);
    const checks = await ask('/api/health', seenHealth);
    return {
      ...about,
      level: checks.status,
      problem: null,
      status: seen,
      health: checks,
      machine: await measureMachine(settings, beforeCpu),
      process: processOf(seen, first, clock.wallMs() - startedMs),
      training: await ask('/api/training/status', trainingStatus).catch(asUnknown),
      models: (await ask('/api/models/report', seenReport).catch(asUnknown))?.summary ?? null,
      log: await readLog(settings),
    };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const problem = error instanceof z.ZodError ? 'an answer of another version' : messageOf(error);
    await clock.sleep(MEASURE_MS);
    const machine = await measureMachine(settings, beforeCpu);
    const log = await readLog(settings);
    return { ...about, ...nothing, level: 'unknown', problem, machine, log };
  }
}

/** A daemon that starts or stands by does not answer everything. */
function asUnknown(error: unknown): null {
  if (error instanceof ConfigError) throw error;
  return null;
}

/** Where it should be; with `API_PORT=0` only the daemon itself knows. */
function addressOf({ apiHost, apiPort, dataDir }: Settings): string {
  const noted = findLockHolder(dataDir)?.apiAddress;
  if (apiPort === 0 && noted !== undefined) return noted;
  const isEverywhere = apiHost === '0.0.0.0' || apiHost === '::';
  const host = isEverywhere ? '127.0.0.1' : apiHost;
  return `http://${host.includes(':') ? `[${host}]` : host}:${apiPort}`;
}

async function askDaemon<T extends z.ZodType>(
  call: { readonly address: string; readonly route: string; readonly token: string | undefined },
  shape: T,
): Promise<z.output<T>> {
  const { address, route, token } = call;
  const response = await fetchDaemon({ address, apiToken: token }, route, {
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  }).catch((error: unknown) => {
    if (error instanceof ConfigError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`no daemon answers at ${address} (${messageOf(cause)})`, { cause: error });
  });
  // A failing health is an answer.
  if (response.ok || route === '/api/health') return shape.parse(await response.json());
  await response.body?.cancel();
  throw new Error(`${route} was answered with ${response.status}`);
}

async function measureMachine(
  { dataDir }: Settings,
  before: readonly os.CpuInfo[],
): Promise<Machine> {
  const disk = await statfs(path.resolve(dataDir)).catch(() => undefined);
  const gb = (blocks: number | undefined): number | null =>
    disk === undefined || blocks === undefined ? null : (blocks * disk.bsize) / 1e9;
  const [load = 0] = os.loadavg();
  return {
    cores: os.cpus().length,
    cpu_percent: busyPercent(before, os.cpus()),
    load_1m: load,
    memory_total_mb: os.totalmem() / 2 ** 20,
    memory_free_mb: availableMemory() / 2 ** 20,
    disk_total_gb: gb(disk?.blocks),
    disk_free_gb: gb(disk?.bavail),
  };
}

function busyPercent(before: readonly os.CpuInfo[], after: readonly os.CpuInfo[]): number {
  const sum = (cpus: readonly os.CpuInfo[], ofIdle: boolean): number =>
    cpus.reduce((total, { times }) => {
      const all = times.user + times.nice + times.sys + times.idle + times.irq;
      return total + (ofIdle ? times.idle : all);
    }, 0);
  const all = sum(after, false) - sum(before, false);
  return all <= 0 ? 0 : 100 * (1 - (sum(after, true) - sum(before, true)) / all);
}

/** What programs may still take: what Linux keeps of files in memory counts as free. */
function availableMemory(): number {
  const kilobytes = /MemAvailable:\s+(\d+)/.exec(readText('/proc/meminfo'))?.[1];
  return kilobytes === undefined ? os.freemem() : Number(kilobytes) * 1024;
}

function processOf(seen: SeenStatus, before: SeenStatus, elapsedMs: number): DaemonProcess {
  const { pid, memory_mb: own, cpu_sec: cpu } = seen.process;
  const family = memoryOfFamily(pid);
  return {
    pid,
    cpu_percent: (100_000 * Math.max(0, cpu - before.process.cpu_sec)) / elapsedMs,
    ...(family.processes === 0 ? { memory_mb: own, processes: 1 } : family),
  };
}

/** Resident memory of a process and all it has started, where /proc shows them. */
function memoryOfFamily(pid: number): { memory_mb: number; processes: number } {
  const parents = new Map(listPids().map((one) => [one, parentOf(one)]));
  if (!parents.has(pid)) return { memory_mb: 0, processes: 0 };
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  const kilobytes = family.map((one) =>
    Number(/VmRSS:\s+(\d+)/.exec(readText(`/proc/${one}/status`))?.[1] ?? 0),
  );
  const sum = kilobytes.reduce((total, value) => total + value, 0);
  return { memory_mb: sum / 1024, processes: family.length };
}

function listPids(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number {
  return Number(readText(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[1] ?? 0);
}

/** Empty for what is not there, as a process that has just ended. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

const logLine = z.object({ timestamp: z.string(), level: z.string(), message: z.string() });

/** The newest lines of the newest daily file; none under systemd, whose journal has them. */
async function readLog({ dataDir }: Settings): Promise<readonly LogLine[]> {
  const folder = path.join(dataDir, 'logs');
  const names = await readdir(folder).catch((): string[] => []);
  const newest = names
    .filter((name) => /^evenkeel-.*\.log$/.test(name))
    .sort()
    .at(-1);
  if (newest === undefined) return [];
  const text = await readTail(path.join(folder, newest)).catch(() => '');
  const lines = text.split('\n').flatMap((line) => {
    const parsed = logLine.safeParse(toJson(line));
    if (!parsed.success) return [];
    const { timestamp: time, level, message } = parsed.data;
    return [{ time, level, message }];
  });
  return lines.slice(-LOG_LINES);
}

async function readTail(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, LOG_TAIL_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

function toJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The first line of a tail is a part of one.
    return undefined;
  }
}
