import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { SETUP_FIX } from './job-attempt.js';

/** catboost has wheels for these; `trainer/requirements.lock` holds their hashes. */
const FIRST_MINOR = 11;
const LAST_MINOR = 13;
const CHECK_TIMEOUT_MS = 60_000;
const VERSION_FIX = `install Python 3.${FIRST_MINOR} to 3.${LAST_MINOR}, then run "${SETUP_FIX}"`;

export type PythonCheck =
  | { readonly status: 'ok'; readonly versions: Readonly<Record<string, string>> }
  | {
      readonly status: 'missing' | 'wrong version' | 'broken';
      readonly message: string;
      /** What a person types or installs. */
      readonly fix: string;
    };

const answerSchema = z.object({ python: z.string() }).catchall(z.string());
const execFileAsync = promisify(execFile);

/**
 * Whether that interpreter can train, found out by running it.
 *
 * @param trainerFolder folder of the Python package
 */
export async function checkPython(python: string, trainerFolder: string): Promise<PythonCheck> {
  const run = await runCheck(python, trainerFolder);
  if (run.isMissing) {
    return { status: 'missing', message: `there is no Python at ${python}`, fix: SETUP_FIX };
  }
  const answer = findAnswer(run.stdout);
  if (answer === undefined) {
    const message = `${python} cannot run the trainer: ${lastLine(run.stderr)}`;
    return { status: 'broken', message, fix: SETUP_FIX };
  }
  const [major, minor] = answer.python.split('.').map(Number);
  if (major !== 3 || minor === undefined || minor < FIRST_MINOR || minor > LAST_MINOR) {
    const range = `3.${FIRST_MINOR} to 3.${LAST_MINOR}`;
    const message = `${python} is Python ${answer.python}, the trainer needs ${range}`;
    return { status: 'wrong version', message, fix: VERSION_FIX };
  }
  const { error, ...versions } = answer;
  if (error === undefined) return { status: 'ok', versions };
  return { status: 'broken', message: `${python}: ${error}`, fix: SETUP_FIX };
}

interface CheckRun {
  readonly isMissing: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

async function runCheck(python: string, cwd: string): Promise<CheckRun> {
  const parameters = ['-m', 'evenkeel_trainer', '--check'];
  try {
    const output = await execFileAsync(python, parameters, { cwd, timeout: CHECK_TIMEOUT_MS });
    return { isMissing: false, ...output };
  } catch (error) {
    // A failed check still answers on stdout; a missing interpreter leaves neither.
    const { code, stdout, stderr } = error as Partial<CheckRun> & { code?: unknown };
    const isMissing = code === 'ENOENT' || code === 'EACCES';
    return { isMissing, stdout: stdout ?? '', stderr: stderr ?? String(error) };
  }
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
