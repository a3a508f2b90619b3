import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const KIB_PER_MB = 1024;
const PS_TIMEOUT_MS = 5_000;
const execFileAsync = promisify(execFile);

/** What lives in a process group; members that are dead but not yet reaped do not count. */
export interface GroupState {
  readonly memberCount: number;
  /** Resident memory of all members, in MB of 2^20 bytes; shared pages count for each. */
  readonly rssMb: number;
}

/** @param groupId the process id of the group's leader */
export async function readGroup(groupId: number): Promise<GroupState> {
  return process.platform === 'linux' ? readGroupByProc(groupId) : readGroupByPs(groupId);
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

export async function readGroupByProc(groupId: number): Promise<GroupState> {
  const entries = await readdir('/proc');
  const sizes = await Promise.all(
    entries.filter((name) => /^\d+$/.test(name)).map((pid) => findMemberKib(pid, groupId)),
  );
  return summarise(sizes.filter((size) => size !== undefined));
}

/** Resident KiB of a live member; undefined for a process that is no member or has just ended. */
async function findMemberKib(pid: string, groupId: number): Promise<number | undefined> {
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
  const columns = ['-A', '-o', 'pgid=,rss=,stat='];
  const { stdout } = await execFileAsync('ps', columns, { timeout: PS_TIMEOUT_MS });
  const sizes = stdout.split('\n').flatMap((line) => {
    const [group, rssKib, state] = line.trim().split(/\s+/);
    return Number(group) === groupId && state?.startsWith('Z') === false ? [Number(rssKib)] : [];
  });
  return summarise(sizes);
}

function summarise(sizesKib: readonly number[]): GroupState {
  const totalKib = sizesKib.reduce((total, size) => total + size, 0);
  return { memberCount: sizesKib.length, rssMb: totalKib / KIB_PER_MB };
}
