import type { Settings } from '../../config/settings.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { Channel } from '../notifications/channel.js';
import { Email } from '../notifications/email.js';
import type { Outbox } from '../notifications/noting-stores.js';
import { Notifications } from '../notifications/notifications.js';
import type { QuietHours } from '../notifications/quiet-hours.js';
import { TelegramApi } from '../notifications/telegram-api.js';
import { Telegram } from '../notifications/telegram.js';
import { Webhook } from '../notifications/webhook.js';
import type { Stores } from '../storage/stores.js';

/** `order`: a command that writes to the database while no daemon runs. */
type Role = 'daemon' | 'collect' | 'train' | 'order';

/** Where the stores note what people are to be told. */
export function outboxOf(settings: Settings, role: Role): Outbox {
  const { exchange, notifyEvents } = settings;
  // A command is no start of the daemon. What it trains is told by the daemon on its database.
  const events = notifyEvents.filter((event) => role === 'daemon' || event !== 'daemon_started');
  return { exchange, channels: channelNames(settings), events };
}

export interface NotificationTools {
  readonly settings: Settings;
  readonly version: string;
  readonly role: Role;
  readonly stores: Stores;
  readonly place: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createNotifications(tools: NotificationTools): Notifications {
  const { settings, role, stores, place: holder, clock, logger } = tools;
  return new Notifications({
    exchange: settings.exchange,
    channels: role === 'daemon' ? createChannels(settings, tools) : [],
    events: settings.notifyEvents,
    quiet: quietHoursOf(settings),
    stores,
    holder,
    clock,
    logger,
  });
}

/** The channels that the settings give all of. */
export function createChannels(
  settings: Settings,
  { version, logger }: Pick<NotificationTools, 'version' | 'logger'>,
): readonly Channel[] {
  const { notifyWebhookUrl, notifyWebhookSecret, notifySmtpUrl, notifyEmailFrom } = settings;
  const telegram = createTelegram(settings);
  const channels: Channel[] = [];
  if (notifyWebhookUrl !== undefined) {
    channels.push(new Webhook({ url: notifyWebhookUrl, secret: notifyWebhookSecret, version }));
  }
  if (telegram !== undefined) channels.push(telegram.chat);
  if (notifySmtpUrl !== undefined && notifyEmailFrom !== undefined) {
    const addresses = { from: notifyEmailFrom, to: settings.notifyEmailTo };
    channels.push(new Email({ url: notifySmtpUrl, ...addresses, logger }));
  }
  return channels;
}

/** The bot and its chat; undefined where the settings name none. */
export function createTelegram(
  settings: Settings,
): { readonly api: TelegramApi; readonly chat: Telegram; readonly chatId: string } | undefined {
  const { notifyTelegramUrl: url, notifyTelegramToken: token } = settings;
  const chatId = settings.notifyTelegramChatId;
  if (token === undefined || chatId === undefined) return undefined;
  const api = new TelegramApi({ url, token });
  return { api, chat: new Telegram(api, chatId), chatId };
}

function channelNames(settings: Settings): readonly string[] {
  const given = {
    webhook: settings.notifyWebhookUrl,
    telegram: settings.notifyTelegramToken,
    email: settings.notifySmtpUrl,
  };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

function quietHoursOf({ notifyQuiet, displayTimezone }: Settings): QuietHours | undefined {
  if (notifyQuiet === undefined) return undefined;
  const [fromMinute, toMinute] = notifyQuiet;
  return { fromMinute, toMinute, timeZone: displayTimezone };
}
