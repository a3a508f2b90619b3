import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { daemonRig, QUICK } from './daemon-child.js';

const { start, folder } = daemonRig();
const CANARIES = {
  API_TOKEN: 'canary-token-0123456789',
  MYSQL_PASSWORD: 'canary-password-9876',
  // Receivers that refuse a connection, so that each has something to say about it.
  NOTIFY_WEBHOOK_URL: 'http://127.0.0.1:65011/hooks/canary-path',
  NOTIFY_WEBHOOK_SECRET: 'canary-signature-key',
  NOTIFY_TELEGRAM_URL: 'http://127.0.0.1:65012',
  NOTIFY_TELEGRAM_TOKEN: '4711:canary-bot-token',
  NOTIFY_TELEGRAM_CHAT_ID: '1',
  NOTIFY_SMTP_URL: 'smtp://user:canary%20mail@127.0.0.1:65013',
  NOTIFY_EMAIL_FROM: 'a@example.org',
  NOTIFY_EMAIL_TO: 'b@example.org',
};

test('in a terminal every line is time, level and words; daily files hold the same as JSON', async () => {
  const DATA_DIR = folder();
  const daemon = start({ environment: { ...QUICK, DATA_DIR } });
  await daemon.line(/by fallback/);
  await daemon.stop();
  const lines = daemon.stdout.trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d (INFO |WARN |ERROR|DEBUG) \S/);
  expect(daemon.stdout).not.toContain('undefined');
  const files = readdirSync(path.join(DATA_DIR, 'logs')).filter((name) => name.endsWith('.log'));
  const stored = files
    .flatMap((name) =>
      readFileSync(path.join(DATA_DIR, 'logs', name), 'utf8')
        .trimEnd()
        .split('\n'),
    )
    .map((line) => JSON.parse(line) as { message: string });
  expect(stored).toHaveLength(lines.length);
  expect(stored.at(-1)?.message).toBe('Stopped');
});

test('under systemd every line is one JSON object, and no file is written', async () => {
  const DATA_DIR = folder();
  const daemon = start({ environment: { ...QUICK, DATA_DIR, JOURNAL_STREAM: '8:12345' } });
  await daemon.line(/by fallback/);
  await daemon.stop();
  for (const line of daemon.stdout.trimEnd().split('\n')) {
    expect(JSON.parse(line)).toMatchObject({
      level: expect.any(String),
      message: expect.any(String),
    });
  }
  expect(readdirSync(DATA_DIR)).not.toContain('logs');
});

test('no secret is in the log, the files, an answer or the figures, also at level debug', async () => {
  const DATA_DIR = folder();
  const environment = { ...QUICK, ...CANARIES, DATA_DIR, LOG_LEVEL: 'debug' };
  const daemon = start({ environment });
  await daemon.line(/\[TRAIN\] Final dataset/);
  const headers = { authorization: `Bearer ${CANARIES.API_TOKEN}` };
  const answers: string[] = [];
  for (const route of [
    '/api/status',
    '/api/health',
    '/api/settings',
    '/api/logs?level=debug&limit=1000',
    '/metrics',
    '/docs/json',
    '/api/nothing',
    '/',
  ]) {
    const answer = await daemon.fetch(route, { headers });
    // An answer that failed would hold no canary either.
    expect([route, answer.status]).toEqual([route, route === '/api/nothing' ? 404 : 200]);
    answers.push(await answer.text());
  }
  for (const channel of ['webhook', 'telegram', 'email']) expect(daemon.output).toContain(channel);
  const refused = await daemon.fetch('/api/status', { headers: { authorization: 'Bearer wrong' } });
  expect(refused.status).toBe(401);
  answers.push(await refused.text());
  await daemon.stop();
  const files = readdirSync(DATA_DIR, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'));
  expect(files.length).toBeGreaterThan(3);
  for (const text of [daemon.output, ...answers, ...files]) expect(text).not.toContain('canary');
});
