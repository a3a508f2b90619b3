import { afterEach, expect, test } from 'vitest';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { FaultBoard } from '../../src/monitoring/fault-board.js';
import { TelegramApi } from '../../src/notifications/telegram-api.js';
import {
  TelegramCommands,
  type CommandHandler,
} from '../../src/notifications/telegram-commands.js';
import { Telegram } from '../../src/notifications/telegram.js';
import { RecordingLogger } from '../exchange/recording-logger.js';
import { BotApi } from './receivers.js';

const TOKEN = '12345:token-of-the-bot';
const CHAT = '4711';

const api = new BotApi(TOKEN);
afterEach(() => api.stop());

test('commands that are not given any more are a fault with the reason until they are', async () => {
  const telegram = new TelegramApi({ url: await api.start(), token: TOKEN });
  const faults = new FaultBoard();
  const clock = new ManualClock(0);
  const ending = new AbortController();
  const commands = new TelegramCommands({
    api: telegram,
    chat: new Telegram(telegram, CHAT),
    chatId: CHAT,
    handler: {} as CommandHandler,
    isSender: () => true,
    faults,
    clock,
    logger: new RecordingLogger(),
  });
  const answer = api.reply;
  const description = 'Conflict: terminated by other getUpdates request';
  api.reply = () => ({ status: 409, body: JSON.stringify({ ok: false, description }) });
  const running = commands.run(ending.signal);
  const reason = `HTTP 409: ${description}`;
  await expect.poll(() => faults.list()).toEqual([{ name: 'commands by Telegram', reason }]);
  api.reply = answer;
  await expect
    .poll(async () => {
      await clock.advance(2_000);
      return faults.list();
    })
    .toEqual([]);
  ending.abort();
  await running;
});
