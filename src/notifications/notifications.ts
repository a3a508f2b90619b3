import { LeaseKeeper } from '../coordination/lease-keeper.js';
import type { ModelKey } from '../domain/model-key.js';
import type { Notification, NotificationEvent } from '../domain/notification.js';
import type { Clock } from '../lib/clock.js';
import { messageOf, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { newUid } from '../lib/uid.js';
import type { HealthFinding } from '../monitoring/health.js';
import type { Stores } from '../storage/stores.js';
import type { Channel } from './channel.js';
import { ChannelSender, type ChannelFault } from './channel-sender.js';
import { expiredNotice } from './describe-events.js';
import { HealthNotices } from './health-notices.js';
import type { QuietHours } from './quiet-hours.js';

export interface NotificationsOptions {
  readonly exchange: string;
  readonly channels: readonly Channel[];
  readonly events: readonly NotificationEvent[];
  readonly quiet: QuietHours | undefined;
  readonly stores: Pick<Stores, 'notifications' | 'leases'>;
  /** The same for every run of one installation. */
  readonly holder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long it is known what was told, wall time: so long nothing is told twice. */
const KEPT_MS = 30 * 86_400_000;
const SEND_EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 3_600_000;

/** One thing that is repeated, for whoever repeats the daemon's work. */
export interface NotificationWork {
  readonly name: string;
  readonly intervalMs: number;
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/**
 * Tells people what happened: sends what waits in the outbox, by one process of those that share a database.
 * What happens is noted by the stores (`noting-stores.ts`) and, of health and age, here.
 */
export class Notifications {
  readonly #options: NotificationsOptions;
  readonly #senders: readonly ChannelSender[];
  readonly #lease: LeaseKeeper;
  readonly #health: HealthNotices;
  readonly #stopping = new AbortController();

  constructor(options: NotificationsOptions) {
    this.#options = options;
    const { exchange, channels, stores, holder, clock, logger, quiet } = options;
    this.#lease = new LeaseKeeper({
      name: 'notifications',
      leases: stores.leases,
      key: { venue: exchange, account: 'notifications' },
      holder,
      clock,
      logger,
    });
    this.#senders = channels.map(
      (channel) =>
        new ChannelSender({
          exchange,
          channel,
          store: stores.notifications,
          isSender: () => this.isSender(),
          quiet,
          clock,
          logger,
        }),
    );
    this.#health = new HealthNotices({
      note: (told) => this.#note(told),
      tellNow: (told) => this.#tellNow(told),
      listNoted: (prefix) => stores.notifications.listNoted(exchange, prefix),
      nowMs: () => clock.wallMs(),
    });
  }

  async start(): Promise<void> {
    if (this.#senders.length > 0) await this.#lease.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#lease.stop();
  }

  /** Whether this process is the one that sends. */
  isSender(): boolean {
    return this.#lease.isHeld();
  }

  /** Names of the channels that are set up. */
  get channels(): readonly string[] {
    return this.#senders.map(({ name }) => name);
  }

  /** Channels that cannot send at the moment. */
  faults(): readonly ChannelFault[] {
    return this.#senders.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
  }

  /** What is to be repeated: one for each channel, so that none waits for another. */
  work(): readonly NotificationWork[] {
    if (this.#senders.length === 0) return [];
    const { stores, clock } = this.#options;
    return [
      ...this.#senders.map((sender) => ({
        name: `notifications by ${sender.name}`,
        intervalMs: SEND_EVERY_MS,
        run: (signal: AbortSignal) => sender.run(signal),
      })),
      {
        name: 'old notifications',
        intervalMs: PRUNE_EVERY_MS,
        run: async () => {
          await stores.notifications.prune(clock.wallMs() - KEPT_MS);
        },
      },
    ];
  }

  /**
   * Tells what health says, as far as people want to know. The lease runs out while the database is lost, and that is
   * told by the process that held it last.
   */
  async noteFindings(findings: readonly HealthFinding[]): Promise<void> {
    if (this.#senders.length === 0 || !this.#lease.isLastHolder()) return;
    await this.#health.update(findings);
  }

  /** Tells of models that became too old, each once. */
  async noteExpired(
    expired: readonly { readonly key: ModelKey; readonly modelUid: string }[],
  ): Promise<void> {
    if (this.#senders.length === 0 || !this.isSender()) return;
    for (const { key, modelUid } of expired) {
      await this.#note(expiredNotice(key, modelUid, this.#options.clock.wallMs()));
    }
  }

  async #note(told: Notification): Promise<void> {
    const { stores, exchange, events } = this.#options;
    if (!events.includes(told.event)) return;
    if (!this.isSender()) throw new TransientError('the notifications lease is not held');
    await stores.notifications.append({ exchange, channels: this.channels }, told);
  }

  /** What cannot be stored is sent at once, by every channel that can. */
  async #tellNow(told: Notification): Promise<boolean> {
    const { events, clock, logger } = this.#options;
    if (!events.includes(told.event)) return true;
    const { key, event, level, title, text, data, at } = told;
    const message = {
      uid: newUid(clock.wallMs()),
      event,
      level,
      title,
      text,
      items: [{ key, title, text, data, at }],
      mayBeRepeated: false,
    };
    const sent = await Promise.allSettled(
      this.#senders.map((sender) => sender.sendNow(message, this.#stopping.signal)),
    );
    for (const one of sent) {
      if (one.status === 'rejected') {
        logger.warn('A notification could not be sent', { reason: messageOf(one.reason) });
      }
    }
    return sent.some(({ status }) => status === 'fulfilled');
  }
}
