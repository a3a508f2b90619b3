import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const KIB_PER_MB = 1024;
const PS_TIMEOUT_MS = 5_000;
const execFileAsync = promisify(execFile);

/** What lives in a process group; members that are dead but not yet reaped do not count. */
export interface GroupState {
  /** Process ids. */
  readonly members: readonly number[];
  /** Resident memory of all members, in MB of 2^20 bytes; shared pages count for each. */
  readonly rssMb: number;
}

/**
 * @param groupId the process id of the group's leader
 * @param among where the members are looked for; all processes, which takes ten milliseconds of processor time for a
 *   hundred of them, where undefined
 */
export async function readGroup(groupId: number, among?: readonly number[]): Promise<GroupState> {
  return process.platform === 'linux' ? readGroupByProc(groupId, among) : readGroupByPs(groupId);
}

/** Sends SIGKILL to every member; a group that is gone is no error. */
export function killGroup(groupId: number): void {
  try {
    process.kill(-groupId, 'SIGKILL');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // macOS answers EPERM for a group of which only unreaped members are left.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

export async function readGroupByProc(
  groupId: number,
  among?: readonly number[],
): Promise<GroupState> {
  const found = new Map<number, number>();
  // One after the other: a hundred files that are read at once hold the event loop.
  for (const pid of among ?? (await listPids())) {
    const sizeKib = await findMemberKib(pid, groupId);
    if (sizeKib !== undefined) found.set(pid, sizeKib);
  }
  return summarise(found);
}

async function listPids(): Promise<readonly number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Resident KiB of a live member; undefined for a process that is no member or has just ended. */
async function findMemberKib(pid: number, groupId: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The name in brackets may hold anything: state, parent and group follow its last bracket.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(group) !== groupId || state === 'Z' || state === 'X') return undefined;
    const status = await readFile(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  } catch {
    return undefined;
  }
}

/** For systems without /proc. */
export async function readGroupByPs(groupId: number): Promise<GroupState> {
  const columns = ['-A', '-o', 'pgid=,pid=,rss=,stat='];
  const { stdout } = await execFileAsync('ps', columns, { timeout: PS_TIMEOUT_MS });
  const found = new Map<number, number>();
  for (const line of stdout.split('\n')) {
    const [group, pid, rssKib, state] = line.trim().split(/\s+/);
    const isMember = Number(group) === groupId && state?.startsWith('Z') === false;
    if (isMember) found.set(Number(pid), Number(rssKib));
  }
  return summarise(found);
}

function summarise(sizesKib: ReadonlyMap<number, number>): GroupState {
  const totalKib = [...sizesKib.values()].reduce((total, size) => total + size, 0);
  return { members: [...sizesKib.keys()], rssMb: totalKib / KIB_PER_MB };
}
