import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** Process group: what Ctrl+C in a terminal reaches. */
  readonly group: number;
  readonly command: string;
}

/** Every living process of this machine; zombies are dead. */
export function listProcesses(): ProcessRow[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z') return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ pid: Number(name), parent: Number(parent), group: Number(group), command }];
      } catch {
        return []; // Gone between the two looks.
      }
    });
}

/** Children, their children and so on. */
export function descendantsOf(pid: number, all = listProcesses()): ProcessRow[] {
  return all
    .filter(({ parent }) => parent === pid)
    .flatMap((child) => [child, ...descendantsOf(child.pid, all)]);
}

export function isAlive(pid: number): boolean {
  return listProcesses().some((row) => row.pid === pid);
}

const GONE_POLL_MS = 50;
/** Ten seconds in all. */
const GONE_ROUNDS = 200;

/** Those that are still alive after processes that end by themselves had their moment. */
export async function waitForEnd(family: readonly ProcessRow[]): Promise<readonly ProcessRow[]> {
  const living = (): ProcessRow[] => family.filter(({ pid }) => isAlive(pid));
  for (let round = 0; round < GONE_ROUNDS && living().length > 0; round++) {
    await sleep(GONE_POLL_MS);
  }
  return living();
}
