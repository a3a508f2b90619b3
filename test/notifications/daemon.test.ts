import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import technicalindicators from 'technicalindicators';
import { listAnswer } from '../../src/api/contract/common.js';
import { decision } from '../../src/api/contract/signals.js';
import { position } from '../../src/api/contract/trading.js';
import { applyRules, MAX_BARS } from '../../src/signals/fallback-signal.js';
import { DaemonWorld } from '../daemon/daemon-in-process.js';
import { makeKlines } from '../exchange/klines.js';
import { BotApi, HttpReceiver } from './receivers.js';

/** The real daemon with channels that work, answer errors and hang; time by hand. */
const TOKEN = '12345:canary-token-of-the-bot';
const CHAT = 4711;
const DECISIONS = listAnswer('decisions', decision);
const POSITIONS = listAnswer('positions', position);

let world: DaemonWorld;
let bot: BotApi;
let hook: HttpReceiver;
/** Takes connections and never says a word. */
let silent: Server;
const sockets: Socket[] = [];
let environment: Readonly<Record<string, string>>;

beforeEach(async () => {
  world = new DaemonWorld();
  await world.open();
  bot = new BotApi(TOKEN);
  hook = new HttpReceiver();
  silent = createServer((socket) => {
    sockets.push(socket);
    // Else its end is not noticed.
    socket.resume();
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  environment = {
    NOTIFY_TELEGRAM_URL: await bot.start(),
    NOTIFY_TELEGRAM_TOKEN: TOKEN,
    NOTIFY_TELEGRAM_CHAT_ID: String(CHAT),
    NOTIFY_WEBHOOK_URL: `${await hook.start()}/canary-of-the-hook`,
    NOTIFY_SMTP_URL: `smtp://me:canary-word@127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    NOTIFY_EMAIL_FROM: 'a@example.org',
    NOTIFY_EMAIL_TO: 'b@example.org',
    ALLOW_FALLBACK_EXECUTION: 'true',
  };
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await world.close();
  await Promise.all([bot.stop(), hook.stop()]);
  await new Promise((resolve) => silent.close(resolve));
});

const write = (text: string, chat = CHAT, ageSec = 0): void => {
  bot.write(text, { id: chat, date: Math.round(world.clock.wallMs() / 1000) - ageSec });
};
const answerTo = (pattern: RegExp): Promise<string> =>
  world.until(String(pattern), () =>
    Promise.resolve(bot.sent.map(({ text }) => text).find((text) => pattern.test(text))),
  );

test.each([
  { order: '/halt the venue is ill', seen: 'skip: entries frozen: halted: the venue is ill' },
  { order: undefined, seen: 'open: ' },
])(
  'a candle that asks for an entry leads to "$seen" after the order $order of the chat',
  async ({ order, seen }) => {
    await world.close();
    world = new DaemonWorld(firstBuy() + 1);
    await world.open();
    const daemon = world.start('one', {}, { ...environment, MIN_FALLBACK_CONFIDENCE: '0' });
    await daemon.untilDecided(1);
    if (order !== undefined) {
      write(order);
      await answerTo(/^Halted: no position is opened until \/resume/);
    }
    await daemon.untilDecided(2);
    const [decided] = DECISIONS.parse(JSON.parse(await daemon.text('/api/decisions'))).decisions;
    expect(`${decided?.action}: ${decided?.reason}`.startsWith(seen)).toBe(true);
    const { total } = POSITIONS.parse(JSON.parse(await daemon.text('/api/positions')));
    expect(total).toBe(order === undefined ? 1 : 0);
  },
);

/** Place of the first bar of the world at which the rules say BUY, and did not one bar before. */
function firstBuy(): number {
  const closes = makeKlines(0, 2_000).map(([, , , , close]) => Number(close));
  const said = (end: number) => {
    const newest = closes.slice(end - MAX_BARS + 1, end + 1);
    return applyRules({
      sma14: mean(newest.slice(-14)),
      sma50: mean(newest.slice(-50)),
      rsi14: technicalindicators.RSI.calculate({ period: 14, values: newest }).at(-1) ?? NaN,
    });
  };
  for (let bar = MAX_BARS; bar < closes.length; bar++) {
    if (said(bar) === 'BUY' && said(bar - 1) !== 'BUY') return bar;
  }
  throw new Error('The rules never say BUY');
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test('a chat is told and obeyed, dead channels are a warning, and candles are decided on meanwhile', async () => {
  hook.reply = () => ({ status: 500 });
  const daemon = world.start('one', {}, environment);
  await daemon.untilDecided(1);
  await answerTo(/^The daemon started \(binance, version 1\.2\.3\)/);

  write('/status');
  expect(await answerTo(/^running, health/)).toMatch(/paper: equity 10000\.00 USDT, 0 open/);
  write('/positions');
  await answerTo(/^Nothing is held/);
  write('/why btcusdt');
  await answerTo(/^BTC\/USDT: \w+, because .+ \(candle of 2023-11-14 20:00 UTC\)/);
  write('/why ???');
  await answerTo(/is not followed/);

  write('/halt', 999);
  write('/resume', CHAT, 600);
  write('/halt@evenkeel_bot the venue announced maintenance', CHAT, 600);
  await answerTo(/^Halted: no position is opened until \/resume/);
  await answerTo(/^\/resume is 10 min old and was not done/);
  await answerTo(/^⚠ Trading is halted: the venue announced maintenance/);
  expect((await daemon.status()).trading.halt).toMatchObject({ author: 'telegram' });
  expect(bot.sent.every(({ chat_id }) => chat_id === String(CHAT))).toBe(true);

  expect(await daemon.untilDecided(2)).toHaveLength(2);
  const failing = await world.until('both channels fail', async () => {
    const health = await daemon.text('/api/health');
    return /webhook \(HTTP 500; .*email \(/.test(health) ? health : undefined;
  });
  expect(failing).toContain('"notifications_failing"');

  write('/resume');
  await answerTo(/^Resumed\.$/);
  expect((await daemon.status()).trading.halt).toBeNull();
  await answerTo(/^Trading is resumed/);

  hook.reply = () => ({ status: 200 });
  const events = await world.until('what waited for the webhook', async () => {
    const taken = hook.received.map(
      ({ body }) => JSON.parse(body) as { id: string; title: string },
    );
    const titles = new Map(taken.map(({ id, title }) => [id, title]));
    return [...titles.values()].some((title) => title.includes('resumed')) ? titles : undefined;
  });
  expect([...events.values()]).toEqual([
    expect.stringMatching(/^The daemon started/),
    'Trading is halted: the venue announced maintenance',
    'Trading is resumed',
  ]);
  await world.until('a mail under way', () =>
    Promise.resolve(sockets.some((socket) => !socket.destroyed) || undefined),
  );
  await daemon.stop();
  // It is left for the stop, not at the end of its time limit.
  const { notifications } = await world.stores();
  const [mail] = await notifications.listOpen({ exchange: 'binance', channel: 'email' }, 1);
  expect(mail?.lastError).toBe('the daemon stops');
  expect(JSON.stringify([daemon.logger.lines, failing])).not.toMatch(/canary/);
});
