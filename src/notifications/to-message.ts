import type { NotificationEvent } from '../domain/notification.js';
import type { StoredNotification } from '../storage/stores/notification-store.js';
import type { Message } from './channel.js';

/** Titles that a message of many shows; programs get all of them. */
const SHOWN = 10;

const NAMES: Readonly<Record<NotificationEvent, string>> = {
  training_done: 'trainings ended',
  training_failed: 'trainings failed',
  model_promoted: 'models promoted',
  model_expired: 'models expired',
  fill: 'fills',
  halt: 'halts and resumptions',
  stale_data: 'notices about data',
  database: 'notices about the database',
  daemon_started: 'starts of the daemon',
};

/** One row as it is, or many of a kind as one message with their count. */
export function toMessage(
  [first, ...others]: readonly [StoredNotification, ...StoredNotification[]],
  { uid, mayBeRepeated }: Pick<Message, 'uid' | 'mayBeRepeated'>,
): Message {
  const all = [first, ...others];
  const { event } = first;
  const isOne = others.length === 0;
  return {
    uid,
    event,
    level: all.some(({ level }) => level === 'failing') ? 'failing' : 'info',
    title: isOne ? first.title : `${all.length} ${NAMES[event]}`,
    text: isOne ? first.text : listTitles(all),
    items: all.map(({ key, title, text, data, at }) => ({ key, title, text, data, at })),
    mayBeRepeated,
  };
}

function listTitles(all: readonly StoredNotification[]): string {
  const shown = all
    .slice(0, SHOWN)
    .map(({ at, title }) => `${new Date(at).toISOString().slice(11, 19)} ${title}`);
  const rest = all.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
}
