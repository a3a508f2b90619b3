import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import type { MysqlLocation } from '../../src/storage/connection/location.js';
import { mysqlSettings } from '../mysql-server.js';
import { freePort } from '../free-port.js';

const START_LIMIT_MS = 60_000;
const POLL_MS = 50;

/** Why there is no server of one's own on this machine; undefined where there is. */
export const mariadbSkipReason: string | undefined = ['mariadbd', 'mariadb-install-db'].some(
  (program) => spawnSync(program, ['--no-defaults', '--help']).error !== undefined,
)
  ? 'no mariadbd; apt-get install mariadb-server'
  : undefined;

/** A MariaDB of the test's own, on a port and in a folder of its own, to be ill-treated. */
export class OwnMariadb {
  readonly #root = mkdtempSync(path.join(tmpdir(), 'evenkeel-mariadb-'));
  readonly #options: readonly string[];
  #server: ChildProcess | undefined;
  #port = 0;

  /** @param options further ones of the server's program */
  constructor(options: readonly string[] = []) {
    this.#options = options;
  }

  get location(): MysqlLocation {
    return {
      engine: 'mysql',
      host: '127.0.0.1',
      port: this.#port,
      user: 'evenkeel',
      password: 'secret',
      database: 'evenkeel',
      poolSize: 8,
    };
  }

  /** The same as settings of a daemon. */
  get environment(): Record<string, string> {
    return { MYSQL_ENABLED: 'true', ...mysqlSettings(this.location) };
  }

  async create(): Promise<void> {
    this.#port = await freePort();
    this.#install();
    await this.start();
    await this.#grant();
  }

  async start(): Promise<void> {
    this.#server = spawn(
      'mariadbd',
      [
        '--no-defaults',
        `--datadir=${this.#data}`,
        `--socket=${this.#socket}`,
        `--port=${this.#port}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        '--innodb-buffer-pool-size=32M',
        '--innodb-log-file-size=16M',
        ...this.#options,
        ...asRoot(),
      ],
      { stdio: 'ignore' },
    );
    await this.#untilItAnswers();
  }

  /** As the power does it. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  /** Holds still with every connection open, then goes on as if nothing had been. */
  freeze(): void {
    this.#server?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#server?.kill('SIGCONT');
  }

  /** Killed, and back with the same users and no database. */
  async restartEmpty(): Promise<void> {
    await this.kill();
    renameSync(this.#data, this.#kept);
    this.#install();
    await this.start();
    await this.#grant();
  }

  /** Killed, and back with what it had before it was emptied. */
  async restartWithWhatItHad(): Promise<void> {
    await this.kill();
    rmSync(this.#data, { recursive: true, force: true });
    renameSync(this.#kept, this.#data);
    await this.start();
  }

  /** Rows of a statement of an administrator. */
  async query(sql: string): Promise<unknown[][]> {
    const connection = await createConnection({ socketPath: this.#socket, user: 'root' });
    try {
      const [rows] = await connection.query({ sql, rowsAsArray: true });
      return rows as unknown[][];
    } finally {
      await connection.end();
    }
  }

  async remove(): Promise<void> {
    this.thaw();
    await this.kill();
    rmSync(this.#root, { recursive: true, force: true });
  }

  get #data(): string {
    return path.join(this.#root, 'data');
  }

  get #kept(): string {
    return path.join(this.#root, 'kept');
  }

  get #socket(): string {
    return path.join(this.#root, 'socket');
  }

  #install(): void {
    const how = ['--no-defaults', `--datadir=${this.#data}`, '--skip-test-db', ...asRoot()];
    execFileSync('mariadb-install-db', [...how, '--auth-root-authentication-method=normal'], {
      stdio: 'ignore',
    });
  }

  async #grant(): Promise<void> {
    const { user, password } = this.location;
    await this.query(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`);
    await this.query(`GRANT ALL ON *.* TO '${user}'@'%'`);
  }

  async #untilItAnswers(): Promise<void> {
    const deadline = performance.now() + START_LIMIT_MS;
    for (;;) {
      try {
        await this.query('SELECT 1');
        return;
      } catch (error) {
        if (performance.now() > deadline || this.#server?.exitCode !== null) throw error;
        await sleep(POLL_MS);
      }
    }
  }
}

/** The server refuses to run as root unless it is told that this is meant. */
function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}
