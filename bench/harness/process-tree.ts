import { readdirSync, readFileSync } from 'node:fs';

/** `getconf CLK_TCK` of the reference kernel. */
const TICKS_A_SECOND = 100;
const KB_PER_MB = 1024;

export interface Usage {
  readonly rssMb: number;
  /** Of the living, and of those that they have waited for. */
  readonly processorSec: number;
}

/** What a process and all that it started use at this moment; nothing where there is no /proc. */
export function usageOf(rootPid: number): Usage {
  const statOf = new Map(listPids().map((pid) => [pid, readStat(pid)]));
  const tree = [rootPid];
  for (const parent of tree) {
    for (const [pid, stat] of statOf) if (stat[1] === parent) tree.push(pid);
  }
  const stats = tree.map((pid) => statOf.get(pid) ?? []);
  const ticks = stats.reduce((sum, stat) => sum + stat.slice(11, 15).reduce((a, b) => a + b, 0), 0);
  const rssMb = tree.reduce((sum, pid) => sum + rssMbOf(pid), 0);
  return { rssMb, processorSec: ticks / TICKS_A_SECOND };
}

/** Those that a process has started itself and whose program's name begins so. */
export function childrenOf(parentPid: number, name: string): readonly number[] {
  return listPids().filter(
    (pid) => readStat(pid)[1] === parentPid && readProc(pid, 'comm').startsWith(name),
  );
}

function listPids(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Fields of `/proc/PID/stat` after the name: state, parent, …; utime, stime, cutime, cstime are 11 to 14. */
function readStat(pid: number): readonly number[] {
  const text = readProc(pid, 'stat');
  return text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

/** Resident memory of one process. */
export function rssMbOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readProc(pid, 'status'))?.[1] ?? 0) / KB_PER_MB;
}

/** Empty when the process has just ended. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
