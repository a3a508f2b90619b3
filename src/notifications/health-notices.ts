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
/** The same for what an earlier run has told and this one has not seen: a start finds out slowly what is wrong. */
const RECALLED_STEADY_MS = 5 * 60_000;

/** What the keys of these notices begin with; the name of the rule follows. */
const PREFIX = 'health:';

export interface HealthNoticesOptions {
  /** Stores a notice; throws while the database is lost. */
  readonly note: (told: Notification) => Promise<void>;
  /** Tells it at once, outside of the outbox. @returns whether somebody was told */
  readonly tellNow: (told: Notification) => Promise<boolean>;
  /** What was noted under keys with that beginning, newest first; throws while the database is lost. */
  readonly listNoted: (prefix: string) => Promise<readonly NotedBefore[]>;
  readonly nowMs: () => number;
}

type NotedBefore = Pick<Notification, 'key' | 'event' | 'title'>;

interface Told {
  readonly key: string;
  readonly event: NotificationEvent;
  readonly message: string;
  /** Wall time for which it must be over until that is told. */
  readonly steadyMs: number;
  /** Wall time since when the rule does not hold any more; undefined while it does. */
  readonly overSince: number | undefined;
}

/** Tells of rules of health that begin to hold, and that they are over: each once, also over a restart. */
export class HealthNotices {
  readonly #options: HealthNoticesOptions;
  readonly #told = new Map<string, Told>();
  #hasRecalled = false;

  constructor(options: HealthNoticesOptions) {
    this.#options = options;
  }

  /** Compares what holds now with what was told. */
  async update(findings: readonly HealthFinding[]): Promise<void> {
    await this.#recall();
    // First what can be told while nothing can be stored: the others then end this look.
    const held = findings
      .filter((finding) => isTold(finding))
      .toSorted((one, other) => Number(isOfDatabase(other)) - Number(isOfDatabase(one)));
    for (const finding of held) await this.#holds(finding);
    const ids = new Set(held.map(({ id }) => id));
    for (const [id, told] of this.#told) if (!ids.has(id)) await this.#isOver(id, told);
  }

  async #holds({ id, level, message, fix, since }: HealthFinding): Promise<void> {
    const { nowMs } = this.#options;
    const told = this.#told.get(id);
    if (told !== undefined) {
      this.#told.set(id, { ...told, steadyMs: steadyMs(told.event), overSince: undefined });
      return;
    }
    const event = eventOf(id);
    if (nowMs() - since < steadyMs(event)) return;
    const key = `${PREFIX}${id}:${since}:began`;
    const isKnown = await this.#tell({
      key,
      event,
      level: level === 'failing' ? 'failing' : 'info',
      title: message,
      text: `What to do: ${fix}`,
      data: { rule: id, since: new Date(since).toISOString() },
      at: nowMs(),
    });
    if (!isKnown) return;
    this.#told.set(id, { key, event, message, steadyMs: steadyMs(event), overSince: undefined });
  }

  async #isOver(id: string, told: Told): Promise<void> {
    const nowMs = this.#options.nowMs();
    if (told.overSince === undefined) {
      this.#told.set(id, { ...told, overSince: nowMs });
      return;
    }
    if (nowMs - told.overSince < told.steadyMs) return;
    await this.#options.note({
      key: told.key.replace(/began$/, 'over'),
      event: told.event,
      level: 'info',
      title: `Over: ${told.message}`,
      text: '',
      data: { rule: id },
      at: nowMs,
    });
    this.#told.delete(id);
  }

  /** Once, what an earlier run has told and not yet that it is over. While the database is lost that is put off. */
  async #recall(): Promise<void> {
    if (this.#hasRecalled) return;
    const noted = await this.#options.listNoted(PREFIX).catch(() => undefined);
    if (noted === undefined) return;
    this.#hasRecalled = true;
    const known = new Set(this.#told.keys());
    for (const { key, event, title: message } of noted) {
      const id = key.split(':')[1] ?? '';
      if (known.has(id)) continue;
      known.add(id);
      if (!key.endsWith(':began')) continue;
      const steady = { steadyMs: RECALLED_STEADY_MS, overSince: undefined };
      this.#told.set(id, { key, event, message, ...steady });
    }
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

function eventOf(id: string): NotificationEvent {
  return TOLD_RULES.get(id) ?? USUAL_EVENT;
}

function isOfDatabase({ id }: HealthFinding): boolean {
  return eventOf(id) === 'database';
}

/** A person's own act is news at once. */
function steadyMs(event: NotificationEvent): number {
  return event === 'halt' ? 0 : STEADY_MS;
}
