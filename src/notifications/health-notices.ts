import type { NotificationEvent, Notification } from '../domain/notification.js';
import type { HealthFinding } from '../monitoring/health.js';

/** The rule that says that trading is halted. */
export const FILE_HALT_RULE = 'trading_halted';

/** What people are told of a rule that has no kind of its own: that something needs them. */
const USUAL_EVENT: NotificationEvent = 'stale_data';

/** Rules of health that people are told of, and as what, beside all that make health fail. */
const TOLD_RULES: ReadonlyMap<string, NotificationEvent> = new Map([
  ['database_lost', 'database'],
  ['database_fallback', 'database'],
  ['series_stale', 'stale_data'],
  // Of the halt file alone: other halts are noted where they are stored.
  [FILE_HALT_RULE, 'halt'],
]);

/** Wall time for which a rule must hold, or be over, until it is told: what comes and goes is no news. */
const STEADY_MS = 60_000;

export interface HealthNoticesOptions {
  /** Stores a notice; throws while the database is lost. */
  readonly note: (told: Notification) => Promise<void>;
  /** Tells it at once, outside of the outbox. @returns whether somebody was told */
  readonly tellNow: (told: Notification) => Promise<boolean>;
  /** The newest key that was noted with that beginning. */
  readonly findNewestKey: (prefix: string) => Promise<string | undefined>;
  readonly nowMs: () => number;
}

interface Told {
  readonly key: string;
  readonly event: NotificationEvent;
  readonly message: string;
  /** Wall time since when the rule does not hold any more; undefined while it does. */
  readonly overSince: number | undefined;
}

/** Tells of rules of health that begin to hold, and that they are over: each once, also over a restart. */
export class HealthNotices {
  readonly #options: HealthNoticesOptions;
  readonly #told = new Map<string, Told>();
  readonly #recalled = new Set<string>();

  constructor(options: HealthNoticesOptions) {
    this.#options = options;
  }

  /** Compares what holds now with what was told. */
  async update(findings: readonly HealthFinding[]): Promise<void> {
    const held = findings.filter((finding) => isTold(finding));
    for (const finding of held) await this.#holds(finding);
    const ids = new Set(held.map(({ id }) => id));
    for (const [id, told] of this.#told) if (!ids.has(id)) await this.#isOver(id, told);
  }

  async #holds({ id, level, message, fix, since }: HealthFinding): Promise<void> {
    const { nowMs } = this.#options;
    const told = this.#told.get(id);
    if (told !== undefined) {
      this.#told.set(id, { ...told, overSince: undefined });
      return;
    }
    const event = TOLD_RULES.get(id) ?? USUAL_EVENT;
    if (nowMs() - since < steadyMs(event)) return;
    const earlier = await this.#recall(id);
    const key = earlier ?? `health:${id}:${since}:began`;
    if (earlier === undefined) {
      const isTold = await this.#tell({
        key,
        event,
        level: level === 'failing' ? 'failing' : 'info',
        title: message,
        text: `What to do: ${fix}`,
        data: { rule: id, since: new Date(since).toISOString() },
        at: nowMs(),
      });
      if (!isTold) return;
    }
    this.#told.set(id, { key, event, message, overSince: undefined });
  }

  async #isOver(id: string, { key, event, message, overSince }: Told): Promise<void> {
    const nowMs = this.#options.nowMs();
    if (overSince === undefined) {
      this.#told.set(id, { key, event, message, overSince: nowMs });
      return;
    }
    if (nowMs - overSince < steadyMs(event)) return;
    await this.#options.note({
      key: key.replace(/began$/, 'over'),
      event,
      level: 'info',
      title: `Over: ${message}`,
      text: '',
      data: { rule: id },
      at: nowMs,
    });
    this.#told.delete(id);
  }

  /** What an earlier run has told of the rule and not yet that it is over. */
  async #recall(id: string): Promise<string | undefined> {
    if (this.#recalled.has(id)) return undefined;
    const key = await this.#options.findNewestKey(`health:${id}:`).catch(() => undefined);
    this.#recalled.add(id);
    return key?.endsWith(':began') === true ? key : undefined;
  }

  async #tell(told: Notification): Promise<boolean> {
    const { note, tellNow } = this.#options;
    try {
      await note(told);
      return true;
    } catch (error) {
      // That the database is lost cannot be stored in it.
      if (told.event === 'database') return tellNow(told);
      throw error;
    }
  }
}

/** A list of names alone would leave out the next rule that is added. */
function isTold({ id, level, isExpected }: HealthFinding): boolean {
  return !isExpected && (level === 'failing' || TOLD_RULES.has(id));
}

/** A person's own act is news at once. */
function steadyMs(event: NotificationEvent): number {
  return event === 'halt' ? 0 : STEADY_MS;
}
