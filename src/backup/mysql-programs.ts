import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ConfigError, TransientError } from '../lib/errors.js';
import type { MysqlLocation } from '../storage/connection/location.js';

/** MariaDB's name of each program first, then MySQL's. */
const PROGRAMS = { dump: ['mariadb-dump', 'mysqldump'], client: ['mariadb', 'mysql'] } as const;

const INSTALL_HINT = 'apt-get install mariadb-client (or mysql-client)';

/** Error text kept of a program. */
const ERROR_CHARS = 2_000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** One of the server's own programs at work; `end` answers when it has ended well. */
export interface Program {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** @throws TransientError with the program's own words */
  end(): Promise<void>;
  kill(): void;
}

/**
 * Starts the server's program for a purpose.
 *
 * @param optionsFile with the password in it, so that it is in no list of processes
 * @throws ConfigError naming the command that installs it
 */
export async function startProgram(
  purpose: keyof typeof PROGRAMS,
  optionsFile: string,
  args: readonly string[],
): Promise<Program> {
  for (const name of PROGRAMS[purpose]) {
    const child = spawn(name, [`--defaults-extra-file=${optionsFile}`, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    if (await hasStarted(child)) return watch(name, child);
  }
  throw new ConfigError(`Neither ${PROGRAMS[purpose].join(' nor ')} is installed: ${INSTALL_HINT}`);
}

/** Where and as whom to connect, for the server's programs. Readable by this user alone. */
export function writeOptionsFile(folder: string, location: MysqlLocation): string {
  const file = path.join(folder, 'client.cnf');
  const { host, port, user, password } = location;
  const options = { host, port, user, password, protocol: 'tcp', ...tlsOptions(location) };
  const lines = Object.entries(options).map(
    ([name, value]) => `${name}="${String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
  );
  writeFileSync(file, `[client]\n${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

const SSL_MODES = {
  off: 'DISABLED',
  prefer: 'PREFERRED',
  require: 'REQUIRED',
  verify: 'VERIFY_IDENTITY',
};

/** In the words of both families of programs: `loose` makes each pass over those of the other. */
function tlsOptions({ ssl = { mode: 'off' } }: MysqlLocation): Record<string, string | number> {
  const { mode, caFile, certFile, keyFile } = ssl;
  const options: Record<string, string | number> = {
    'loose-ssl-mode': SSL_MODES[mode],
    'loose-ssl': mode === 'off' ? 0 : 1,
    'loose-ssl-verify-server-cert': mode === 'verify' ? 1 : 0,
  };
  if (caFile !== undefined) options['ssl-ca'] = caFile;
  if (certFile !== undefined) options['ssl-cert'] = certFile;
  if (keyFile !== undefined) options['ssl-key'] = keyFile;
  return options;
}

async function hasStarted(child: Child): Promise<boolean> {
  try {
    await once(child, 'spawn');
    return true;
  } catch {
    return false;
  }
}

function watch(name: string, child: Child): Program {
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-ERROR_CHARS);
  });
  // A program that ends early breaks the pipe of its writer: its exit says why.
  child.stdin.on('error', () => undefined);
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const end = async (): Promise<void> => {
    const [code, signal] = await closed;
    if (code === 0) return;
    const words = errors.trim() || `ended by ${signal ?? `code ${String(code)}`}`;
    throw new TransientError(`${name}: ${words}`);
  };
  return { stdin: child.stdin, stdout: child.stdout, end, kill: () => void child.kill('SIGKILL') };
}
