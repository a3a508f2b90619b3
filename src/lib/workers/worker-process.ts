import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../errors.js';
import type { StartWorker } from './worker-handle.js';

const MAX_STDERR_CHARACTERS = 4_000;
/** Of the environment: what the loader and the C library are told, and no key or password. */
const HANDED_ON = ['LD_LIBRARY_PATH', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_'] as const;

/**
 * For heavy work: its memory is gone when it ends, it waits where this process needs a core, and what
 * breaks inside a native library breaks it alone. It ends with this process, however this one ends.
 */
export const startProcess: StartWorker = ({ url, maxOldGenerationMb }, listener) => {
  const child = fork(fileURLToPath(url), [], {
    // A group of its own: Ctrl+C is for this process, which ends its workers itself.
    detached: true,
    env: environment(),
    execArgv: [`--max-old-space-size=${maxOldGenerationMb}`, '--max-semi-space-size=2'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR_CHARACTERS);
  });
  child.on('message', listener.onMessage);
  // Where it cannot be started nothing closes.
  child.on('error', (error) => listener.onLost(messageOf(error)));
  child.on('close', (code, signal) => {
    listener.onLost(withReason(signal ?? `exit code ${String(code)}`, stderr));
  });
  const setRef = (way: 'ref' | 'unref'): void => {
    child[way]();
    child.channel?.[way]();
  };
  setRef('unref');
  return {
    // One that has just died says so itself.
    post: (message) => void child.send(message as object, () => undefined),
    ref: () => setRef('ref'),
    unref: () => setRef('unref'),
    end: async () => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.ref();
      child.kill('SIGKILL');
      await exited;
    },
  };
};

function environment(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of HANDED_ON) {
    // eslint-disable-next-line no-restricted-syntax -- no setting is read: it is handed on
    const value = process.env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** Of what V8 writes when it dies, the line that says why. */
function withReason(how: string, stderr: string): string {
  const line = stderr.split('\n').find((text) => /error/i.test(text));
  return line === undefined ? how : `${how}: ${line.trim()}`;
}
