import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mysqlSettings, mysqlSkipReason } from '../database.js';
import { fillTables } from './fill-tables.js';
import { startScript, type CommandEnd } from './run-command.js';
import { TransferFixture } from './transfer-fixture.js';

let fixture: TransferFixture;

beforeEach(async () => {
  fixture = new TransferFixture();
  await fixture.create();
});

afterEach(() => fixture.remove());

function run(args: readonly string[], changes: Record<string, string> = {}): Promise<CommandEnd> {
  const environment = {
    ...mysqlSettings(fixture.location),
    DATA_DIR: fixture.folder,
    SQLITE_FILE: fixture.file,
    ...changes,
  };
  return startScript('migrate-sqlite-to-mysql', args, environment, fixture.folder).end;
}

const rejects = (): string => path.join(fixture.folder, 'migration-rejects.jsonl');

const title = `migrate:mysql${mysqlSkipReason === undefined ? '' : ` (skipped: ${mysqlSkipReason})`}`;

describe.skipIf(mysqlSkipReason !== undefined)(title, () => {
  it('ends with 0 and a report when all is copied and verified', async () => {
    fillTables(fixture.file, { from: 0, count: 5 });
    const { code, stdout, stderr } = await run(['--batch-size', '3']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^Copied .*source\.sqlite to root@/);
    expect(stdout).toMatch(/market_data +5 +5 +0 +0 +0 +0 +0 +5/);
    expect(stdout).toMatch(/Verified: counts and checksums of \d+ rows are equal on both sides/);
    expect(existsSync(rejects())).toBe(false);
  });

  it('ends with 1 and leaves a file with the reasons when rows are refused', async () => {
    fillTables(fixture.file, { from: 0, count: 3 });
    fixture.onSource(`UPDATE runs SET uid = '${'x'.repeat(27)}' WHERE id = 2`);
    const { code, stdout } = await run(['--json']);
    expect(code).toBe(1);
    const report = JSON.parse(stdout) as {
      clean: boolean;
      files: string[];
      tables: { table: string; rejected: number }[];
    };
    expect(report).toMatchObject({ clean: false, dry_run: false, files: [rejects()] });
    expect(report.tables.find(({ table }) => table === 'runs')).toMatchObject({ rejected: 1 });
    const [line] = readFileSync(rejects(), 'utf8').split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({
      table: 'runs',
      outcome: 'rejected',
      row: { uid: 'x'.repeat(27) },
      reason: expect.stringContaining("Data too long for column 'uid'") as string,
    });
    fixture.onSource("UPDATE runs SET uid = 'short' WHERE id = 2");
    expect((await run([])).code).toBe(0);
    expect(existsSync(rejects())).toBe(false);
  });

  it('writes no file in a dry run', async () => {
    fillTables(fixture.file, { from: 0, count: 3 });
    fixture.onSource(`UPDATE runs SET uid = '${'x'.repeat(27)}' WHERE id = 2`);
    const { code, stdout } = await run(['--dry-run', '--tables', 'runs', 'fills']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Would copy .*the schema would be made\. Nothing was written/);
    expect(stdout).toMatch(/rejected in runs: uid holds 26 characters at most/);
    expect(existsSync(rejects())).toBe(false);
  });

  it.each([
    [['--batch-size', '0'], {}, /expected a whole number from 1/],
    [['--nonsense'], {}, /unknown option/],
    [['--tables', 'candles'], {}, /There is no table candles/],
    [[], { MYSQL_PORT: '1' }, /does not answer: nothing listens there/],
    [[], { MYSQL_USER: 'nobody', MYSQL_PASSWORD: 'wrong-word' }, /refuses user nobody/],
    [['--source', '/nowhere.sqlite'], {}, /There is no database \/nowhere\.sqlite/],
  ])('ends with 2 and says why: %j %j', async (args, changes, message) => {
    const { code, stderr, stdout } = await run(args, changes);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr + stdout).not.toContain('wrong-word');
    expect(stderr).not.toContain('    at ');
  });

  it('names every setting that is missing', async () => {
    const { code, stderr } = await startScript(
      'migrate-sqlite-to-mysql',
      [],
      { DATA_DIR: fixture.folder, MYSQL_HOST: 'db' },
      fixture.folder,
    ).end;
    expect(code).toBe(2);
    expect(stderr).toContain('MYSQL_USER, MYSQL_PASSWORD, MYSQL_DB must be given');
  });

  it('explains itself', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const flag of ['--dry-run', '--batch-size', '--tables', '--verbose', '--json']) {
      expect(stdout).toContain(flag);
    }
    expect(stdout).toContain('Exit codes: 0 done, 1 rows were refused or differ, 2 wrong usage');
  });
});
