import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Where the kernel shares the processor by session (sched_autogroup): the nice value of this one. */
const SESSION_NICE_FILE = '/proc/self/autogroup';
const IS_SHARED_FILE = '/proc/sys/kernel/sched_autogroup_enabled';
const LOWEST = constants.priority.PRIORITY_LOW;
/** A shell's exit code for a program that a signal ended, less the number of the signal. */
const ENDED_BY_SIGNAL = 128;

/**
 * Gives this process the lowest priority, and its session too where it leads one: with sched_autogroup, nice values
 * count only inside a session. The session of somebody else, such as a terminal's, keeps its value.
 */
export function yieldProcessor(): void {
  // On Linux a nice value belongs to a thread, and V8 has started some by now.
  for (const thread of threadIds()) lower(thread);
  if (!leadsSession()) return;
  try {
    writeFileSync(SESSION_NICE_FILE, String(LOWEST));
  } catch {
    // No such kernel, or not allowed: the process's own nice value stands.
  }
}

/** Whether the kernel shares the processor by session and this process runs in somebody else's. */
export function isNiceWithoutEffect(): boolean {
  try {
    return readFileSync(IS_SHARED_FILE, 'utf8').trim() === '1' && !leadsSession();
  } catch {
    return false;
  }
}

/**
 * Runs this program once more with the same arguments and streams, in a session of its own. It gets a SIGINT when the
 * signal aborts, and ends with this process if it calls `endWithParent`.
 *
 * @returns its exit code
 */
export async function runInOwnSession(signal: AbortSignal): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const interrupt = (): void => void child.kill('SIGINT');
  signal.addEventListener('abort', interrupt, { once: true });
  if (signal.aborted) interrupt();
  try {
    const [code, name] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? ENDED_BY_SIGNAL + (name === null ? 0 : constants.signals[name]);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

/** Ends this process when the one that started it with a channel is gone. It may end earlier by itself. */
export function endWithParent(): void {
  // eslint-disable-next-line no-restricted-syntax -- called by a process's own entry
  process.once('disconnect', () => process.exit());
  // The listener alone would keep this process alive.
  process.channel?.unref();
}

function threadIds(): readonly number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [process.pid];
  }
}

function lower(thread: number): void {
  try {
    setPriority(thread, LOWEST);
  } catch {
    // It has just ended.
  }
}

function leadsSession(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    // After the command, which may hold spaces: state, parent, group, session.
    const [, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(session) === process.pid;
  } catch {
    return false;
  }
}
