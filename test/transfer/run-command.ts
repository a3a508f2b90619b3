import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/dist\/$/, '');

export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly child: ChildProcess;
  readonly end: Promise<CommandEnd>;
}

/** Starts one of the compiled scripts as `npm run` does, with nothing but these settings. */
export function startScript(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd = ROOT,
): Command {
  const child = spawn(process.execPath, [path.join(ROOT, 'dist/scripts', `${name}.js`), ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const end = new Promise<CommandEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, end };
}
