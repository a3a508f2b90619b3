import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { SETUP_FIX } from './job-attempt.js';
import { killGroup } from './process-group.js';

/** catboost has wheels for these; `trainer/requirements.lock` holds their hashes. */
const FIRST_MINOR = 11;
const LAST_MINOR = 13;
const CHECK_TIMEOUT_MS = 60_000;
const MAX_OUTPUT_CHARACTERS = 100_000;
const VERSION_FIX = `install Python 3.${FIRST_MINOR} to 3.${LAST_MINOR}, then run "${SETUP_FIX}"`;

export type PythonCheck =
  | {
      readonly status: 'ok';
      readonly versions: Readonly<Record<string, string>>;
      /** Name of the graphics card that PyTorch can fit on. */
      readonly accelerator?: string | undefined;
    }
  | {
      readonly status: 'missing' | 'wrong version' | 'broken';
      readonly message: string;
      /** What a person types or installs. */
      readonly fix: string;
    };

const answerSchema = z.object({ python: z.string() }).catchall(z.string());

/**
 * Whether that interpreter can train, found out by running it.
 *
 * @param trainerFolder folder of the Python package
 * @param signal ends the check at once, and every process of it
 * @throws the signal's reason when it is aborted
 */
export async function checkPython(
  python: string,
  trainerFolder: string,
  signal = new AbortController().signal,
): Promise<PythonCheck> {
  const run = await runCheck(python, trainerFolder, signal);
  if (run.isMissing) {
    return { status: 'missing', message: `there is no Python at ${python}`, fix: SETUP_FIX };
  }
  const answer = findAnswer(run.stdout);
  if (answer === undefined) {
    const reason = lastLine(run.stderr) || `it ended with ${run.how} and said nothing`;
    const message = `${python} cannot run the trainer: ${reason}`;
    return { status: 'broken', message, fix: SETUP_FIX };
  }
  const [major, minor] = answer.python.split('.').map(Number);
  if (major !== 3 || minor === undefined || minor < FIRST_MINOR || minor > LAST_MINOR) {
    const range = `3.${FIRST_MINOR} to 3.${LAST_MINOR}`;
    const message = `${python} is Python ${answer.python}, the trainer needs ${range}`;
    return { status: 'wrong version', message, fix: VERSION_FIX };
  }
  const { error, accelerator, ...versions } = answer;
  if (error === undefined) return { status: 'ok', versions, accelerator };
  return { status: 'broken', message: `${python}: ${error}`, fix: SETUP_FIX };
}

interface CheckRun {
  readonly isMissing: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** `exit code 1`, `SIGSEGV`. */
  readonly how: string;
}

/** Runs in a process group of its own: an interpreter can be a script that starts another, and both must end. */
async function runCheck(python: string, cwd: string, signal: AbortSignal): Promise<CheckRun> {
  signal.throwIfAborted();
  const parameters = ['-m', 'evenkeel_trainer', '--check'];
  const child = spawn(python, parameters, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const over = AbortSignal.any([signal, timeout]);
  const kill = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  over.addEventListener('abort', kill, { once: true });
  const [stdout, stderr] = [child.stdout, child.stderr].map(collect);
  const end = await endOf(child);
  over.removeEventListener('abort', kill);
  signal.throwIfAborted();
  const how = timeout.aborted ? `no answer after ${CHECK_TIMEOUT_MS / 1000} s` : end.how;
  return { isMissing: end.isMissing, stdout: stdout?.() ?? '', stderr: stderr?.() ?? '', how };
}

function endOf(child: ChildProcess): Promise<Pick<CheckRun, 'isMissing' | 'how'>> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      resolve({
        isMissing: error.code === 'ENOENT' || error.code === 'EACCES',
        how: error.message,
      });
    });
    child.once('close', (code, killedBy) => {
      resolve({ isMissing: false, how: killedBy ?? `exit code ${String(code)}` });
    });
  });
}

/** The last characters of a stream, once it has ended. */
function collect(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-MAX_OUTPUT_CHARACTERS);
  });
  return () => text;
}

function findAnswer(stdout: string): (Record<string, string> & { python: string }) | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(stdout)).data;
  } catch {
    return undefined;
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
