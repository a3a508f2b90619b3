import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseLocation } from '../../src/storage/connection/location.js';
import type { RedisPlace } from '../../src/training/remote/redis-place.js';
import { mysqlSettings } from '../mysql-server.js';
import { PROJECT_DIR, PYTHON } from '../trainer/real-trainer.js';

/** Of this program. A daemon takes only workers of its own. */
export const PROGRAM_VERSION = readProgramVersion();

function readProgramVersion(): string {
  const read = (file: string): string => readFileSync(path.join(PROJECT_DIR, file), 'utf8');
  const { version } = JSON.parse(read('package.json')) as { readonly version: string };
  return `${version}+${read('dist/build-id')}`;
}

export interface WorkerProcessOptions {
  readonly location: DatabaseLocation;
  readonly place: RedisPlace;
  readonly dataDir: string;
  readonly cwd: string;
  /** Besides the servers and its folder. */
  readonly settings: Readonly<Record<string, string>>;
  /** Of the command. */
  readonly flags?: readonly string[];
  readonly nodeOptions?: readonly string[];
}

/** `npm run worker` in a process of its own. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  /** Its exit code. */
  readonly ended: Promise<unknown>;
  #output = '';

  constructor(options: WorkerProcessOptions) {
    const { location, place, dataDir, cwd, settings, flags = [], nodeOptions = [] } = options;
    if (location.engine !== 'mysql') throw new Error('A worker needs MySQL');
    const script = path.join(PROJECT_DIR, 'dist/scripts/worker.js');
    const child = spawn(process.execPath, [...nodeOptions, script, ...flags], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ PATH: process.env['PATH'] ?? '', MYSQL_ENABLED: 'true', ...mysqlSettings(location) },
        ...{ QUEUE: 'redis', REDIS_URL: place.url, REDIS_PREFIX: place.prefix },
        ...{ DATA_DIR: dataDir, PYTHON, ...settings },
      },
    });
    const read = (chunk: Buffer): void => void (this.#output += chunk.toString());
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    this.ended = once(child, 'close').then(([code]) => code as unknown);
    this.#child = child;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** All that it has printed so far. */
  get output(): string {
    return this.#output;
  }

  hasEnded(): boolean {
    return this.#child.exitCode !== null;
  }

  /** Asks it to end. @returns its exit code */
  async stop(): Promise<unknown> {
    this.#child.kill('SIGTERM');
    return this.ended;
  }
}
