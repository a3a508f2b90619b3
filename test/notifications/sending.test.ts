import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Notification } from '../../src/domain/notification.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import type { Channel } from '../../src/notifications/channel.js';
import { ChannelSender } from '../../src/notifications/channel-sender.js';
import { Email } from '../../src/notifications/email.js';
import type { QuietHours } from '../../src/notifications/quiet-hours.js';
import { TelegramApi } from '../../src/notifications/telegram-api.js';
import { Telegram } from '../../src/notifications/telegram.js';
import { Webhook } from '../../src/notifications/webhook.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { RecordingLogger } from '../exchange/recording-logger.js';
import { BotApi, HttpReceiver, MailServer } from './receivers.js';

/** Noon, UTC. */
const NOON = Date.UTC(2026, 0, 5, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SECRET = 'canary-secret-of-the-webhook';
const TOKEN = '12345:canary-token-of-the-bot';
const CHAT = '4711';
const { signal } = new AbortController();

let clock: ManualClock;
let opened: TestDatabase;
let logger: RecordingLogger;

beforeEach(async () => {
  clock = new ManualClock(NOON);
  opened = await openTestDatabase({ clock });
  logger = new RecordingLogger();
});
afterEach(() => opened.database.close());

let count = 0;
async function note(told: Partial<Notification> = {}, channel = 'webhook'): Promise<string> {
  const key = `test:${++count}`;
  const notice: Notification = {
    key,
    event: 'fill',
    level: 'info',
    title: `Title ${count}`,
    text: 'Text.',
    data: { n: count },
    at: clock.wallMs(),
    ...told,
  };
  await opened.stores.notifications.append({ exchange: 'demo', channels: [channel] }, notice);
  return key;
}

function senderOf(channel: Channel, quiet?: QuietHours, store = opened.stores.notifications) {
  const options = { exchange: 'demo', channel, store, isSender: () => true, quiet, clock, logger };
  return new ChannelSender(options);
}

/** Runs the sender each second, as the daemon does. */
async function runFor(sender: ChannelSender, durationMs: number, stepMs = 1000): Promise<void> {
  for (let passed = 0; passed < durationMs; passed += stepMs) {
    const running = sender.run(signal);
    await clock.advance(stepMs);
    await settleWith(running);
  }
}

/** A sender that spaces its messages waits for time that only a test lets pass. */
async function settleWith(running: Promise<void>): Promise<void> {
  let isDone = false;
  const done = running.finally(() => (isDone = true));
  while (!isDone) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await clock.advance(100);
  }
  await done;
}

describe('a webhook', () => {
  let receiver: HttpReceiver;
  let channel: Webhook;

  beforeEach(async () => {
    receiver = new HttpReceiver();
    const url = `${await receiver.start()}/hook`;
    channel = new Webhook({ url, secret: SECRET, version: '1.2.3' });
  });
  afterEach(() => receiver.stop());

  const taken = (): { id: string; title: string; count: number; items: { key: string }[] }[] =>
    receiver.received.map(({ body }) => JSON.parse(body) as never);
  const keysTaken = (): string[] => taken().flatMap(({ items }) => items.map(({ key }) => key));

  test('is posted JSON with a key and a signature of exactly these bytes', async () => {
    const key = await note({ title: 'Bought ★ "x" | y' });
    await senderOf(channel).run(signal);
    const [{ headers, body, url } = { headers: {}, body: '', url: '' }] = receiver.received;
    expect(url).toBe('/hook');
    const digest = createHmac('sha256', SECRET).update(body).digest('hex');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': taken()[0]?.id,
      'x-evenkeel-signature': `sha256=${digest}`,
    });
    expect(JSON.parse(body)).toMatchObject({
      ...{ event: 'fill', level: 'info', title: 'Bought ★ "x" | y', count: 1 },
      items: [{ key, data: { n: count }, at: '2026-01-05T12:00:00.000Z' }],
    });
  });

  test('that answers 500 for an hour gets everything once and in order, with few attempts meanwhile', async () => {
    receiver.reply = () => ({ status: clock.wallMs() < NOON + HOUR ? 500 : 200 });
    const sender = senderOf(channel);
    const keys: string[] = [];
    for (let minute = 0; minute < 60; minute += 10) {
      keys.push(await note({ event: minute % 20 === 0 ? 'fill' : 'model_promoted' }));
      await runFor(sender, 10 * MINUTE, 5000);
    }
    const failed = receiver.received.length;
    expect(failed).toBeGreaterThan(5);
    expect(failed).toBeLessThan(15);
    expect(sender.fault).toMatchObject({ channel: 'webhook', reason: 'HTTP 500', waiting: 6 });
    await runFor(sender, 20 * MINUTE, 5000);
    expect(keysTaken().slice(failed)).toEqual(keys);
    expect(new Set(taken().map(({ id }) => id)).size).toBe(keys.length);
    expect(sender.fault).toBeUndefined();
    const lines = logger.lines.map(({ message }) => message);
    expect(lines).toEqual([
      'Notifications cannot be sent; trying again, nothing is lost',
      'Notifications are sent again',
    ]);
  });

  test('that asks by a date for a pause gets it, whatever the clock of this machine says', async () => {
    const date = new Date(NOON - HOUR).toUTCString();
    const headers = { date, 'retry-after': new Date(NOON - HOUR + 5 * MINUTE).toUTCString() };
    receiver.reply = () => ({ status: 503, headers });
    await note();
    await runFor(senderOf(channel), 4 * MINUTE, 5000);
    expect(receiver.received).toHaveLength(1);
  });

  test('hears of what was sent but not marked a second time under the same key, after a crash', async () => {
    const store = opened.stores.notifications;
    const key = await note();
    const dying = Object.create(store, {
      listOpen: { value: store.listOpen.bind(store) },
      claim: { value: store.claim.bind(store) },
      markSent: { value: () => Promise.reject(new Error('killed')) },
    }) as typeof store;
    await expect(senderOf(channel, undefined, dying).run(signal)).rejects.toThrow('killed');
    const next = await note();
    await senderOf(channel).run(signal);
    expect(keysTaken()).toEqual([key, key, next]);
    const [first, second, third] = taken().map(({ id }) => id);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    await senderOf(channel).run(signal);
    expect(receiver.received).toHaveLength(3);
  });

  test('gets more than five of a kind as one message with their count, and up to five one by one', async () => {
    for (let n = 0; n < 5; n++) await note();
    await senderOf(channel).run(signal);
    expect(taken().map(({ count: of }) => of)).toEqual([1, 1, 1, 1, 1]);
    receiver.received.length = 0;
    await clock.advance(2 * MINUTE);
    for (let n = 0; n < 8; n++) await note();
    await note({ event: 'model_promoted' });
    await senderOf(channel).run(signal);
    expect(taken().map(({ title, count: of }) => [title, of])).toEqual([
      ['8 fills', 8],
      [`Title ${count}`, 1],
    ]);
  });

  test('gets what exceeds five within a minute once the minute is over, unless a halt waits behind', async () => {
    const sender = senderOf(channel);
    for (let n = 0; n < 5; n++) await note();
    await sender.run(signal);
    for (let n = 0; n < 3; n++) await note();
    await runFor(sender, 30_000);
    expect(receiver.received).toHaveLength(5);
    const keys = [await note({ event: 'halt', level: 'failing' })];
    await sender.run(signal);
    expect(taken().slice(5)).toMatchObject([{ title: '3 fills' }, { items: [{ key: keys[0] }] }]);
    const last = await note();
    await runFor(sender, 20_000);
    expect(receiver.received).toHaveLength(7);
    await runFor(sender, 20_000);
    expect(keysTaken().at(-1)).toBe(last);
  });

  test('hears in quiet hours only of halts and failures, and of the rest afterwards', async () => {
    // From 13:00 to 07:00 in Rome, which is from noon to 6 o'clock UTC.
    const quiet = { fromMinute: 13 * 60, toMinute: 7 * 60, timeZone: 'Europe/Rome' };
    const sender = senderOf(channel, quiet);
    const fill = await note();
    const halt = await note({ event: 'halt', level: 'info' });
    const failing = await note({ event: 'database', level: 'failing' });
    await runFor(sender, 5000);
    expect(keysTaken()).toEqual([halt, failing]);
    await clock.advance(18 * HOUR - 10_000);
    await sender.run(signal);
    expect(receiver.received).toHaveLength(2);
    await clock.advance(MINUTE);
    await sender.run(signal);
    expect(keysTaken()).toEqual([halt, failing, fill]);
  });

  test('hears of a halt in quiet hours also behind more than are looked at together', async () => {
    const quiet = { fromMinute: 11 * 60, toMinute: 13 * 60, timeZone: 'UTC' };
    for (let row = 0; row < 501; row++) await note();
    const halt = await note({ event: 'halt', level: 'failing' });
    await senderOf(channel, quiet).run(signal);
    expect(keysTaken()).toEqual([halt]);
  });

  test('that refuses messages for themselves gets those behind them meanwhile, also after a restart', async () => {
    const bad = await note({ title: 'bad' });
    await note({ title: 'bad', event: 'model_promoted' });
    const good = await note({ event: 'halt' });
    receiver.reply = ({ body }) => ({ status: body.includes('"bad"') ? 422 : 200 });
    await runFor(senderOf(channel), 3000);
    expect(keysTaken()).toContain(good);
    await runFor(senderOf(channel), 10 * MINUTE, 5000);
    const next = await note({ event: 'halt' });
    await senderOf(channel).run(signal);
    expect(keysTaken().at(-1)).toBe(next);
    await runFor(senderOf(channel), HOUR, 20_000);
    expect(keysTaken().filter((key) => key === good)).toHaveLength(1);
    expect(keysTaken().filter((key) => key === bad)).toHaveLength(10);
    expect(logger.lines.at(-1)).toMatchObject({ message: 'Notifications are given up' });
  });

  test('that refuses everything for hours gets it once it takes messages again', async () => {
    await note({ event: 'halt' });
    receiver.reply = () => ({ status: clock.wallMs() < NOON + 6 * HOUR ? 400 : 200 });
    await runFor(senderOf(channel), 8 * HOUR, 60_000);
    expect(keysTaken().length).toBeGreaterThan(20);
    expect(logger.lines.at(-1)?.message).toBe('Notifications are sent again');
  });

  test('that is gone for three days is not told of what is older', async () => {
    await note();
    await clock.advance(3 * 24 * HOUR + 1);
    const fresh = await note();
    await senderOf(channel).run(signal);
    expect(keysTaken()).toEqual([fresh]);
  });

  test('that redirects is not followed, and no error names its address', async () => {
    await note();
    receiver.reply = () => ({ status: 302 });
    const sender = senderOf(channel);
    await sender.run(signal);
    expect(sender.fault?.reason).toBe('HTTP 302');
    await receiver.stop();
    await clock.advance(MINUTE);
    await sender.run(signal);
    expect(sender.fault?.reason).toBe('ECONNREFUSED');
    receiver = new HttpReceiver();
    await receiver.start();
    expect(JSON.stringify(logger.lines)).not.toMatch(/canary|http:|127\.0/);
  });
});

describe('Telegram', () => {
  let api: BotApi;
  let channel: Telegram;

  beforeEach(async () => {
    api = new BotApi(TOKEN);
    channel = new Telegram(new TelegramApi({ url: await api.start(), token: TOKEN }), CHAT);
  });
  afterEach(() => api.stop());

  const texts = (): string[] => api.sent.map(({ text }) => text);

  test('writes plain text into the chat, a second apart, cut to what the API takes', async () => {
    await note({ event: 'halt', level: 'failing', title: 'Halted', text: '_*x*_' }, 'telegram');
    await note({ text: 'long '.repeat(2000) }, 'telegram');
    const before = clock.wallMs();
    await settleWith(senderOf(channel).run(signal));
    expect(clock.wallMs() - before).toBeGreaterThan(1000);
    expect(api.sent[0]).toMatchObject({ chat_id: CHAT, text: '⚠ Halted\n_*x*_' });
    expect(texts()[1]?.length).toBeLessThanOrEqual(4096);
  });

  test('that refuses one text for itself gets those behind it, and one without its chat loses none', async () => {
    const refuse = (count: number, description: string, of = ''): void => {
      const body = JSON.stringify({ ok: false, description });
      for (let at = 0; at < count; at++) api.refusals.push({ status: 400, body, of });
    };
    await note({ title: 'not to be taken' }, 'telegram');
    await note({ event: 'halt', title: 'Halted' }, 'telegram');
    refuse(10, "Bad Request: can't parse entities", 'not to be taken');
    await runFor(senderOf(channel), 5000);
    expect(texts()).toHaveLength(1);
    await runFor(senderOf(channel), 2 * HOUR, 20_000);
    expect(texts()).toEqual([expect.stringContaining('Halted')]);
    await note({ title: 'for later' }, 'telegram');
    refuse(12, 'Bad Request: chat not found');
    await runFor(senderOf(channel), 3 * HOUR, 20_000);
    expect(texts()).toEqual([
      expect.stringContaining('Halted'),
      expect.stringContaining('for later'),
    ]);
  });

  test('waits as long as the server asks for', async () => {
    await note({}, 'telegram');
    const body = '{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":90}}';
    api.refusals.push({ status: 429, body });
    const sender = senderOf(channel);
    await runFor(sender, 80_000, 5000);
    expect(api.received).toHaveLength(1);
    await runFor(sender, 20_000, 5000);
    expect(api.sent).toHaveLength(1);
  });

  test('says that a message may be a repetition where the answer was lost', async () => {
    await note({}, 'telegram');
    api.refusals.push({ status: 200, isCut: true });
    await runFor(senderOf(channel), 10_000);
    expect(texts()).toEqual([expect.stringMatching(/may be a repetition/)]);
  });

  test('with a token that is refused is a fault without the token in any line', async () => {
    const other = new BotApi('x');
    const wrong = new TelegramApi({ url: await other.start(), token: TOKEN });
    await note({}, 'telegram');
    const sender = senderOf(new Telegram(wrong, CHAT));
    await sender.run(signal);
    await other.stop();
    expect(sender.fault?.reason).toBe('HTTP 401: Unauthorized');
    expect(JSON.stringify(logger.lines)).not.toContain('canary');
  });
});

describe('mail', () => {
  let server: MailServer;
  let port: number;

  beforeEach(async () => {
    server = new MailServer();
    port = await server.start();
  });
  afterEach(() => server.stop());

  const mailTo = (to: readonly string[], url = `smtp://127.0.0.1:${port}`) =>
    new Email({ url, from: 'daemon@example.org', to, logger });

  test('goes to every receiver, with the same id at each attempt', async () => {
    await note({ title: 'Sold\r\nBcc: evil@example.org', text: 'A text' }, 'email');
    server.failures.push({ code: 451, text: 'try later' });
    const sender = senderOf(mailTo(['a@example.org', 'b@example.org']));
    await sender.run(signal);
    expect(sender.fault?.reason).toMatch(/451/);
    await clock.advance(5000);
    await sender.run(signal);
    expect(server.mails.map(({ to }) => to)).toEqual([['a@example.org', 'b@example.org']]);
    const [{ text } = { text: '' }] = server.mails;
    expect(text).toMatch(/^Subject: \[Evenkeel\] Sold Bcc: evil@example.org\r$/m);
    expect(text).toMatch(/^Message-ID: <[0-9A-Z]{26}@evenkeel>\r$/m);
    expect(text).toContain('A text');
  });

  test('reaches the others where one receiver is refused, and says so', async () => {
    await note({}, 'email');
    server.refused.set('gone@example.org', 550);
    await senderOf(mailTo(['gone@example.org', 'b@example.org'])).run(signal);
    expect(server.mails.map(({ to }) => to)).toEqual([['b@example.org']]);
    expect(logger.lines[0]?.fields).toEqual({ refused: ['gone@example.org'] });
  });

  test('that is refused after its text does not keep a halt behind it', async () => {
    await note({ title: 'not to be taken' }, 'email');
    await note({ event: 'halt', title: 'Halted' }, 'email');
    server.failures.push({ code: 554, text: 'content rejected' });
    const sender = senderOf(mailTo(['a@example.org']));
    await sender.run(signal);
    await sender.run(signal);
    expect(server.mails.map(({ text }) => text)).toEqual([expect.stringContaining('Halted')]);
    await runFor(sender, 5000);
    expect(server.mails).toHaveLength(2);
  });

  test('is not sent in clear to another machine, nor its password', async () => {
    const other = new MailServer();
    const otherPort = await other.start('127.0.0.2');
    await note({}, 'email');
    const url = `smtp://me:canary%20word@127.0.0.2:${otherPort}`;
    const sender = senderOf(mailTo(['a@example.org'], url));
    await sender.run(signal);
    expect(other.mails).toEqual([]);
    expect(sender.fault?.reason).toMatch(/TLS|STARTTLS/i);
    expect(JSON.stringify([logger.lines, sender.fault])).not.toMatch(/canary/);
    await other.stop();
  });
});
