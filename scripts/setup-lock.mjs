// A lock between processes for the setup: the holder works, others wait and then find all done.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_LIMIT_MS = 20 * 60_000;
const POLL_MS = 500;

/**
 * @param {string} file
 * @param {() => Promise<void>} work
 */
export async function withLock(file, work) {
  await acquire(file);
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
async function acquire(file) {
  const deadline = Date.now() + WAIT_LIMIT_MS;
  let isFirstWait = true;
  while (!tryCreate(file)) {
    const holder = holderOf(file);
    if (holder === undefined || !isAlive(holder)) {
      discard(file);
      continue;
    }
    if (Date.now() > deadline) throw new Error(`setup by process ${holder} does not end; stop it`);
    if (isFirstWait) process.stderr.write(`setup: waiting for process ${holder}, which is at it\n`);
    isFirstWait = false;
    await sleep(POLL_MS);
  }
}

/**
 * A link appears whole or not at all, so nobody ever reads a lock without its holder.
 * @param {string} file
 */
function tryCreate(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * Takes a dead process's lock away by renaming: of several that try, one succeeds.
 * @param {string} file
 */
function discard(file) {
  const stale = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, stale);
  } catch {
    return; // Another process was faster.
  }
  const holder = holderOf(stale);
  // Between our look and the rename another process may have taken the lock: give it back.
  if (holder !== undefined && isAlive(holder)) linkSync(stale, file);
  rmSync(stale, { force: true });
}

/** @param {string} file */
function holderOf(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
