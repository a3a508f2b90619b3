import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listEffective, listSecrets } from './effective-settings.js';
import { readSettings, readSources } from './read-settings.js';
import { SETTINGS } from './settings.js';

let folder: string;
let envFile: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-effective-'));
  envFile = path.join(folder, '.env');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function secretFile(content: string, name = 'token'): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

function effective() {
  const sources = readSources(envFile);
  const { settings, warnings } = readSettings(sources.environment);
  const all = listEffective(settings, sources);
  return { settings, warnings, all, find: (name: string) => all.find((one) => one.name === name) };
}

describe('a secret in a file', () => {
  it('is read without its line end, and is known as a name', () => {
    vi.stubEnv('API_TOKEN_FILE', secretFile('a-token-of-sixteen\n'));
    const { settings, find, warnings } = effective();
    expect(settings.apiToken).toBe('a-token-of-sixteen');
    expect(find('API_TOKEN')).toMatchObject({ value: 'set', origin: 'API_TOKEN_FILE' });
    expect(warnings).toEqual([]);
  });

  it('may be a credential of systemd', () => {
    secretFile('a-token-of-sixteen', 'evenkeel_API_TOKEN');
    vi.stubEnv('CREDENTIALS_DIRECTORY', folder);
    const { settings, find } = effective();
    expect(settings.apiToken).toBe('a-token-of-sixteen');
    expect(find('API_TOKEN')?.origin).toBe('credential API_TOKEN');
  });

  it('is refused where the file is empty: an address that is missing would be no address', () => {
    vi.stubEnv('NOTIFY_WEBHOOK_URL_FILE', secretFile('\n'));
    expect(effective).toThrow(/NOTIFY_WEBHOOK_URL_FILE is ".*token", which is empty/);
  });

  it('is refused where the secret is also given by itself, or the file is missing', () => {
    vi.stubEnv('API_TOKEN_FILE', secretFile('a-token-of-sixteen'));
    writeFileSync(envFile, 'API_TOKEN=another-token-here\n');
    expect(effective).toThrow('API_TOKEN is given twice: by API_TOKEN and by API_TOKEN_FILE');
    vi.stubEnv('API_TOKEN_FILE', path.join(folder, 'absent'));
    writeFileSync(envFile, '');
    expect(effective).toThrow(/API_TOKEN_FILE is ".*absent", which does not exist/);
  });
});

describe('the settings in effect', () => {
  it('say where each value comes from, a variable before the file', () => {
    vi.stubEnv('API_PORT', '1234');
    writeFileSync(envFile, 'API_PORT=99\nNOTIFY_QUIET=22:00-07:00\n');
    const { find, all } = effective();
    expect(find('API_PORT')).toMatchObject({
      value: '1234',
      default: '8420',
      origin: 'environment',
    });
    expect(find('NOTIFY_QUIET')).toMatchObject({ value: '22:00-07:00', origin: '.env' });
    expect(find('LOG_LEVEL')).toMatchObject({ value: 'info', origin: 'default' });
    expect(all.map(({ name }) => name)).toEqual([...SETTINGS.keys()]);
  });

  it('show no secret', () => {
    vi.stubEnv('MYSQL_PASSWORD', 'canary-1');
    vi.stubEnv('NOTIFY_WEBHOOK_URL', 'https://example.org/hooks/canary-2');
    vi.stubEnv('NOTIFY_SMTP_URL', 'smtp://me:canary%2D3@localhost');
    vi.stubEnv('NOTIFY_EMAIL_FROM', 'a@b.c');
    vi.stubEnv('NOTIFY_EMAIL_TO', 'd@e.f');
    vi.stubEnv('EXCHANGE_BASE_URL', 'http://me:canary-4@127.0.0.1:1');
    const { all, settings } = effective();
    expect(JSON.stringify(all)).not.toMatch(/canary/);
    expect(listSecrets(settings)).toEqual(
      expect.arrayContaining(['canary-1', '/hooks/canary-2', 'canary-3', 'canary%2D3']),
    );
  });
});

describe('settings of notifications', () => {
  it.each([
    [{ NOTIFY_TELEGRAM_TOKEN: '1:abcdefghij' }, /also give NOTIFY_TELEGRAM_CHAT_ID/],
    [{ NOTIFY_SMTP_URL: 'smtp://localhost' }, /give NOTIFY_EMAIL_FROM, NOTIFY_EMAIL_TO/],
    [{ QUEUE: 'redis' }, /QUEUE=redis also needs REDIS_URL/],
    [{ QUEUE: 'redis', REDIS_URL: 'redis://me@here' }, /also needs MYSQL_ENABLED=true/],
    [{ ARTIFACTS: 's3', S3_BUCKET: 'models' }, /also needs S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SEC/],
    [{ ARTIFACTS: 'S4' }, /ARTIFACTS is "S4"; expected one of file, s3/],
    [{ S3_ENDPOINT: 'https://me@host/bucket' }, /S3_ENDPOINT is .*expected an address like/],
    [{ S3_BUCKET: 'Models' }, /S3_BUCKET is "Models"; expected the name of a bucket/],
    [{ S3_PREFIX: '/models' }, /S3_PREFIX is "\/models"; expected letters/],
    [{ S3_SECRET_ACCESS_KEY: 'two words' }, /S3_SECRET_ACCESS_KEY is a secret value; expected/],
    [{ REDIS_URL: 'http://here' }, /REDIS_URL is a secret value; expected an address/],
    [{ TRAIN_PROCESSES: '4' }, /TRAIN_PROCESSES=4 needs TRAIN_MEMORY_MB=600 at least/],
    [{ NOTIFY_WEBHOOK_SECRET: 'x' }, /also needs NOTIFY_WEBHOOK_URL/],
    [{ NOTIFY_SMTP_URL: 'http://localhost' }, /NOTIFY_SMTP_URL is a secret value; expected smtp/],
    [{ NOTIFY_EVENTS: 'fill,fills' }, /NOTIFY_EVENTS is "fill,fills"; expected some of/],
    [{ NOTIFY_QUIET: '22:00' }, /NOTIFY_QUIET is "22:00"; expected two times of day/],
    [{ NOTIFY_QUIET: '7:00-07:00' }, /NOTIFY_QUIET/],
  ])('%o is refused by name', (environment, message) => {
    expect(() => readSettings(environment)).toThrow(message);
  });

  it('tell all but finished trainings unless asked', () => {
    const { notifyEvents } = readSettings({}).settings;
    expect(notifyEvents).not.toContain('training_done');
    expect(notifyEvents).toContain('fill');
    expect(readSettings({ NOTIFY_QUIET: '22:00 - 7:30' }).settings.notifyQuiet).toEqual([
      1320, 450,
    ]);
  });
});
