import { NOTIFICATION_EVENTS, type NotificationEvent } from '../../src/domain/notification.js';
import { custom, list, optionalText, secret, secretOf } from '../setting.js';
import { readQuietHours, readSmtpUrl, readUrl, type QuietHours } from '../setting-readers.js';

const DEFAULT_EVENTS = NOTIFICATION_EVENTS.filter((event) => event !== 'training_done');

export const NOTIFICATION_SETTINGS = {
  NOTIFY_WEBHOOK_URL: secretOf({
    expected: 'an http or https URL',
    read: readUrl,
    help: 'Address that notifications are posted to as JSON. Often it is a secret by itself.',
  }),
  NOTIFY_WEBHOOK_SECRET: secret({
    help: 'Key of the HMAC-SHA256 in the header x-evenkeel-signature of a webhook.',
  }),
  NOTIFY_TELEGRAM_TOKEN: secretOf({
    expected: 'the token of a bot, 123456:ABC…',
    read: (text) => (/^[\w-]+:[\w-]{8,}$/.test(text) ? text : undefined),
    help: 'Token of the Telegram bot that writes, and takes commands.',
  }),
  NOTIFY_TELEGRAM_CHAT_ID: custom<string | undefined>({
    default: undefined,
    expected: 'the number of a chat, or @name of a channel',
    read: (text) => (/^(-?\d+|@\w+)$/.test(text) ? text : undefined),
    help: 'Chat that the bot writes to. Commands are taken from this chat alone.',
  }),
  NOTIFY_TELEGRAM_URL: custom({
    default: 'https://api.telegram.org',
    expected: 'an http or https URL',
    read: readUrl,
    help: 'Bot API to use: for a server of your own.',
  }),
  NOTIFY_SMTP_URL: secretOf({
    expected: 'smtp://user:password@host:587, or smtps://',
    read: readSmtpUrl,
    help: 'Mail server. smtp: must offer STARTTLS, unless it is on this machine.',
  }),
  NOTIFY_EMAIL_FROM: optionalText({ help: 'Sender of the mails.' }),
  NOTIFY_EMAIL_TO: list({
    default: [],
    mayBeEmpty: true,
    help: 'Receivers of the mails.',
  }),
  NOTIFY_EVENTS: custom<readonly NotificationEvent[]>({
    default: DEFAULT_EVENTS,
    expected: `some of ${NOTIFICATION_EVENTS.join(', ')}`,
    read: readEvents,
    help: 'What is told.',
  }),
  NOTIFY_QUIET: custom<QuietHours | undefined>({
    default: undefined,
    expected: 'two times of day, 22:00-07:00',
    read: readQuietHours,
    help: 'Hours of DISPLAY_TIMEZONE (or of this machine) in which only halts and failures are told; the rest waits.',
  }),
} as const;

function readEvents(text: string): readonly NotificationEvent[] | undefined {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  const events = NOTIFICATION_EVENTS.filter((event) => names.includes(event));
  const isKnown = names.every((name) => name === '' || events.some((event) => event === name));
  return isKnown && events.length > 0 ? events : undefined;
}
