import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Halt } from '../../domain/halt.js';
import type { BookKey } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import { newUid } from '../../lib/uid.js';
import type { HaltStore } from '../../storage/stores/halt-store.js';
import { HaltBoard } from './halt-board.js';

export interface HaltWatchOptions {
  readonly halts: Pick<HaltStore, 'insert' | 'listActive' | 'resume'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `HALT_FILE`, relative to the working directory; undefined for none. */
  readonly file: string | undefined;
}

export type HaltOrder = Pick<Halt, 'cause' | 'reason' | 'author' | 'isCloseAll'>;

/**
 * The halts of one book: made here, by other processes in the database, or by the halt file. What is
 * made here counts at once, also while it cannot be stored.
 */
export class HaltWatch {
  readonly board = new HaltBoard();
  readonly #options: HaltWatchOptions;
  readonly #file: string | undefined;
  #unsaved: readonly Halt[] = [];
  #fileSeenAt: number | undefined;

  constructor(options: HaltWatchOptions) {
    this.#options = options;
    this.#file = options.file === undefined ? undefined : path.resolve(options.file);
  }

  /** Looks at the file and at what is stored; somebody else may have ended a halt before its time. */
  async refresh(book: BookKey): Promise<void> {
    await this.#readFile(book);
    for (const halt of this.#unsaved) await this.#save(halt);
    const before = this.board.stored;
    const nowMs = this.#options.clock.marketMs();
    const active = await this.#options.halts.listActive(book, nowMs);
    // A halt that was made while the database answered is not in the answer.
    if (this.board.stored !== before) return;
    const uids = new Set(active.map(({ uid }) => uid));
    const isEnded = before.some(({ uid, until = Infinity }) => until > nowMs && !uids.has(uid));
    if (isEnded) this.board.resume(active);
    else this.board.show(active);
  }

  async halt({ venue, account }: BookKey, order: HaltOrder): Promise<Halt> {
    const { clock } = this.#options;
    const { cause, reason, author, isCloseAll } = order;
    const halt: Halt = {
      uid: newUid(clock.wallMs()),
      venue,
      account,
      cause,
      reason,
      author,
      haltedAt: clock.marketMs(),
      until: undefined,
      isCloseAll,
      resumedAt: undefined,
      resumedBy: undefined,
    };
    this.board.add(halt);
    this.#unsaved = [...this.#unsaved, halt];
    await this.#save(halt);
    return halt;
  }

  /** Ends every halt but the file's, and but those that are made while the end is stored. @returns how many were stored */
  async resume(book: BookKey, by: string): Promise<number> {
    await this.refresh(book);
    const only = this.board.stored.map(({ uid }) => uid);
    const at = this.#options.clock.marketMs();
    const ended = await this.#options.halts.resume(book, { at, by, only });
    this.board.resume(this.board.stored.filter(({ uid }) => !only.includes(uid)));
    return ended;
  }

  async #save(halt: Halt): Promise<void> {
    await this.#options.halts.insert(halt);
    this.#unsaved = this.#unsaved.filter(({ uid }) => uid !== halt.uid);
  }

  async #readFile(book: BookKey): Promise<void> {
    const { clock, logger } = this.#options;
    const file = this.#file;
    if (file === undefined) return;
    const text = await readIfThere(file);
    if (text === 'unknown') return;
    if (text === undefined) {
      if (this.#fileSeenAt !== undefined) logger.warn('The halt file is gone', { file });
      this.#fileSeenAt = undefined;
      this.board.showFile(undefined);
      return;
    }
    if (this.#fileSeenAt === undefined) logger.warn('No position is opened: halt file', { file });
    this.#fileSeenAt ??= clock.marketMs();
    const isCloseAll = /\bclose all\b/i.test(text);
    this.board.showFile(toFileHalt(book, { file, isCloseAll, since: this.#fileSeenAt }));
  }
}

/** Undefined where there is none; `unknown` where the file system does not answer: a network drive may be away for a moment. */
async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    // It is there, and cannot be read.
    return code === 'EACCES' || code === 'EISDIR' || code === 'EPERM' ? '' : 'unknown';
  }
}

function toFileHalt(
  { venue, account }: BookKey,
  seen: { readonly file: string; readonly isCloseAll: boolean; readonly since: number },
): Halt {
  return {
    uid: 'file',
    venue,
    account,
    cause: 'file',
    reason: `the file ${seen.file} exists`,
    author: 'file',
    haltedAt: seen.since,
    until: undefined,
    isCloseAll: seen.isCloseAll,
    resumedAt: undefined,
    resumedBy: undefined,
  };
}
