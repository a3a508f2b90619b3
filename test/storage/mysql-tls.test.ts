import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backupMysql } from '../../src/backup/backup-mysql.js';
import { restoreMysql } from '../../src/backup/restore-mysql.js';
import { ConfigError } from '../../src/lib/errors.js';
import type { MysqlLocation, MysqlTls } from '../../src/storage/connection/location.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { openReader } from '../../src/storage/reader/open-reader.js';
import { mysqlLocation, mysqlSkipReason } from '../database.js';
import { mariadbSkipReason, OwnMariadb } from '../database-loss/own-mariadb.js';
import { TransferFixture } from '../transfer/transfer-fixture.js';
import { fillTables } from '../transfer/fill-tables.js';
import { fixedClock } from './fixed-clock.js';

const context = { clock: fixedClock(), logger: SILENT_LOGGER };
const START_LIMIT_MS = 120_000;

const skipReason =
  mariadbSkipReason ??
  (spawnSync('openssl', ['version']).error === undefined
    ? undefined
    : 'no openssl; apt-get install openssl');

/** Certificates of an authority of the test's own. */
class Certificates {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-tls-'));
  readonly ca = this.file('ca.pem');

  constructor() {
    const subject = ['-subj', '/CN=an authority of the test'];
    const keys = ['-keyout', this.file('ca.key'), '-out', this.ca];
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...keys, ...subject);
  }

  /** Makes `name.pem` and `name.key` for a host or a client of that name. */
  sign(name: string): { readonly certFile: string; readonly keyFile: string } {
    const [keyFile, request, certFile] = [`${name}.key`, `${name}.csr`, `${name}.pem`].map((file) =>
      this.file(file),
    ) as [string, string, string];
    const extensions = this.file('extensions');
    writeFileSync(extensions, `subjectAltName=DNS:${name}`);
    const subject = ['-subj', `/CN=${name}`];
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      keyFile,
      '-out',
      request,
      ...subject,
    );
    openssl(
      ...['x509', '-req', '-in', request, '-CA', this.ca, '-CAkey', this.file('ca.key')],
      ...['-CAcreateserial', '-days', '2', '-extfile', extensions, '-out', certFile],
    );
    return { certFile, keyFile };
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}

/** The version of TLS that a connection of the pool speaks; empty for none. */
async function spokenTls(location: MysqlLocation): Promise<string> {
  const database = await openDatabase(location, context);
  try {
    const [row] = await database.ask("SHOW SESSION STATUS LIKE 'Ssl_version'");
    return String(row?.['Value']);
  } finally {
    await database.close();
  }
}

async function refusal(location: MysqlLocation): Promise<string> {
  const error = await openDatabase(location, context).then(
    async (database) => {
      await database.close();
      return new Error('it opened');
    },
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as Error).message;
}

describe.skipIf(skipReason !== undefined)(
  `a server that demands TLS${skipReason === undefined ? '' : ` (skipped: ${skipReason})`}`,
  () => {
    let certificates: Certificates;
    let server: OwnMariadb;

    beforeAll(async () => {
      certificates = new Certificates();
      server = new OwnMariadb([
        `--ssl-ca=${certificates.ca}`,
        `--ssl-cert=${certificates.file('server.pem')}`,
        `--ssl-key=${certificates.file('server.key')}`,
        '--require-secure-transport=ON',
      ]);
      put('localhost');
      await server.create();
    }, START_LIMIT_MS);

    afterAll(async () => {
      await server.remove();
      rmSync(certificates.folder, { recursive: true, force: true });
    });

    /** Gives the server a certificate for that name. */
    function put(name: string): void {
      const { certFile, keyFile } = certificates.sign(name);
      copyFileSync(certFile, certificates.file('server.pem'));
      copyFileSync(keyFile, certificates.file('server.key'));
    }

    async function present(name: string): Promise<void> {
      put(name);
      await server.query('FLUSH SSL');
    }

    const at = (ssl: MysqlTls, host = 'localhost'): MysqlLocation => ({
      ...server.location,
      host,
      ssl,
    });
    const verified = (): MysqlTls => ({ mode: 'verify', caFile: certificates.ca });

    it.each(['prefer', 'require'] as const)('is spoken to with MYSQL_SSL=%s', async (mode) => {
      expect(await spokenTls(at({ mode }, '127.0.0.1'))).toMatch(/^TLSv1\.[23]$/);
    });

    it('is spoken to with MYSQL_SSL=verify and the certificate of its authority', async () => {
      expect(await spokenTls(at(verified()))).toMatch(/^TLSv1\.[23]$/);
    });

    it('is read by workers, copied to, backed up and restored over TLS', async () => {
      const location = { ...at(verified()), database: 'evenkeel_tls' };
      const fixture = new TransferFixture(location);
      await fixture.create();
      fillTables(fixture.file, { from: 0, count: 20 });
      expect((await fixture.copy()).report.isClean).toBe(true);
      const reader = await openReader(location);
      const [[spoken] = []] = await reader.selectRows(
        "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'SSL_VERSION'",
        [],
      );
      expect(spoken).toMatch(/^TLS/);
      await reader.close();
      const place = { folder: certificates.file('backups'), clock: fixedClock(), pid: process.pid };
      const made = await backupMysql(location, place);
      expect(made.verified).toMatch(/every row counted/);
      const { rows } = await restoreMysql(made.path, location, { ...place, isForced: true });
      expect(rows).toBe(made.rows);
      rmSync(fixture.folder, { recursive: true, force: true });
    });

    it('is refused without TLS, with the setting that mends it', async () => {
      expect(await refusal(at({ mode: 'off' }))).toMatch(/demands TLS.*MYSQL_SSL=require/);
    });

    it('is refused by MYSQL_SSL=verify while its authority is not known', async () => {
      expect(await refusal(at({ mode: 'verify' }))).toMatch(/MYSQL_SSL_CA/);
    });

    it('is refused by MYSQL_SSL=verify under a name that its certificate lacks', async () => {
      await present('elsewhere');
      try {
        expect(await refusal(at(verified()))).toMatch(
          /Set MYSQL_HOST to a name in the certificate/,
        );
      } finally {
        await present('localhost');
      }
    });

    it('that asks for a certificate of the client takes the one of the settings', async () => {
      await server.query(
        "CREATE USER IF NOT EXISTS 'certified'@'%' IDENTIFIED BY 'secret' REQUIRE X509",
      );
      await server.query("GRANT ALL ON *.* TO 'certified'@'%'");
      const own = certificates.sign('client');
      const location = { ...at({ ...verified(), ...own }), user: 'certified' };
      expect(await spokenTls(location)).toMatch(/^TLS/);
      expect(await refusal({ ...location, ssl: verified() })).toMatch(/refuses user certified/);
    });
  },
);

const plainTitle = mysqlSkipReason === undefined ? '' : ` (skipped: ${mysqlSkipReason})`;

describe.skipIf(mysqlSkipReason !== undefined)(`the settings of TLS${plainTitle}`, () => {
  const withTls = (ssl: MysqlTls, host?: string): MysqlLocation => ({
    ...mysqlLocation(),
    ...(host === undefined ? {} : { host }),
    ssl,
  });

  it('refuse a certificate of an authority that nothing would be compared with', async () => {
    const message = await refusal(withTls({ mode: 'require', caFile: '/nowhere/ca.pem' }));
    expect(message).toMatch(/MYSQL_SSL_CA is given, but MYSQL_SSL=require.*MYSQL_SSL=verify/);
  });

  it('refuse a certificate without its key', async () => {
    const message = await refusal(withTls({ mode: 'require', certFile: '/nowhere/c.pem' }));
    expect(message).toMatch(/MYSQL_SSL_CERT and MYSQL_SSL_KEY belong together/);
  });

  it('refuse to verify a server by its address, which no name could be compared with', async () => {
    const message = await refusal(withTls({ mode: 'verify' }, '127.0.0.1'));
    expect(message).toMatch(/MYSQL_HOST=127\.0\.0\.1 is an address/);
  });

  it('name a file that cannot be read', async () => {
    const message = await refusal(
      withTls({ mode: 'verify', caFile: '/nowhere/ca.pem' }, 'localhost'),
    );
    expect(message).toMatch(/MYSQL_SSL_CA=\/nowhere\/ca\.pem cannot be read/);
  });
});

describe.skipIf(skipReason !== undefined)('a server without TLS and with small packets', () => {
  let server: OwnMariadb;

  beforeAll(async () => {
    server = new OwnMariadb(['--skip-ssl']);
    await server.create();
  }, START_LIMIT_MS);

  afterAll(() => server.remove());

  it('is spoken to in the clear with MYSQL_SSL=prefer', async () => {
    expect(await spokenTls({ ...server.location, ssl: { mode: 'prefer' } })).toBe('');
  });

  it('is refused by MYSQL_SSL=require', async () => {
    const message = await refusal({ ...server.location, ssl: { mode: 'require' } });
    expect(message).toMatch(/offers no TLS, which MYSQL_SSL=require asks for/);
  });

  it('is copied to though it takes statements of 64 KB only, and a row beyond is named', async () => {
    await server.query('SET GLOBAL max_allowed_packet = 65536');
    const location = { ...server.location, database: 'evenkeel_packets' };
    for (const mayLoad of [true, false]) {
      const fixture = new TransferFixture({ ...location, database: `evenkeel_packets_${mayLoad}` });
      await fixture.create();
      fillTables(fixture.file, { from: 0, count: 400 });
      fixture.onSource(
        `UPDATE model_training_records SET error_message = '${'long "words" '.repeat(8_000)}' WHERE id = 7`,
      );
      const { report, listed } = await fixture.copy({ mayLoad, batchRows: 100_000 });
      expect(listed.map(({ table, outcome }) => `${outcome} ${table}`)).toEqual([
        'rejected model_training_records',
      ]);
      expect(listed[0]?.reason).toMatch(/max_allowed_packet is 65536: raise it at the server/);
      expect(report.tables.every(({ verification }) => verification?.differences === 0)).toBe(true);
      rmSync(fixture.folder, { recursive: true, force: true });
    }
  });
});
