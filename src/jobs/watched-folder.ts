import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  importText,
  type ImportRequest,
  type ResumePoint,
} from '../collection/files/import-file.js';
import {
  recordOfRefusal,
  recordOfReport,
  writeImportRecord,
  type ImportedFile,
} from '../collection/files/import-record.js';
import type { ImportReport } from '../collection/files/import-report.js';
import type { NameParser } from '../collection/files/name-pattern.js';
import { RejectsFile } from '../collection/files/rejects.js';
import { labelOf, listTexts, type TextSource } from '../collection/files/text-source.js';
import { fileVenue } from '../domain/market.js';
import type { Clock } from '../lib/clock.js';
import { ConfigError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { Stores } from '../storage/stores.js';
import { findWatchedFiles, type WatchedFile } from './watched-places.js';

/** Smaller files are read again as a whole, which takes milliseconds. */
const MIN_BYTES_TO_RESUME = 1_000_000;
/** What is compared at the start of a file and before its resume point. */
const FINGERPRINT_BYTES = 4_096;

export interface WatchedFolderOptions {
  /** Holds `<name>/<timeframe>/*.csv`, which become the venue `csv:<name>`. */
  readonly folder: string;
  readonly parseName: NameParser | undefined;
  readonly rejectsDir: string;
  /** Where the last import of each file is recorded. */
  readonly recordsDir: string;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is known of a file that was read. */
interface SeenFile {
  /** Size and time of change. */
  readonly state: string;
  /** Wall time at which a bar closes that was not closed when the file was read. */
  readonly readAgainAt: number | undefined;
  readonly resume: { readonly from: ResumePoint; readonly fingerprint: string } | undefined;
}

/** Imports the files of a folder, and again those that have changed since. */
export class WatchedFolder {
  readonly #options: WatchedFolderOptions;
  readonly #seen = new Map<string, SeenFile>();
  /** Files that were refused, as a whole or in part, and why. */
  readonly #refused = new Map<string, string>();
  #misplaced: ReadonlyMap<string, string> = new Map();

  constructor(options: WatchedFolderOptions) {
    this.#options = options;
  }

  /** What is not read, with its place below the folder. */
  get faults(): readonly string[] {
    const { folder } = this.#options;
    return [...this.#misplaced, ...this.#refused].map(([place, reason]) =>
      reason.startsWith(place) ? reason : `${path.relative(folder, place) || folder} ${reason}`,
    );
  }

  /** Reads what has changed. A file that cannot be read is named once and tried again when it changes. */
  async poll(signal: AbortSignal): Promise<readonly ImportReport[]> {
    const reports: ImportReport[] = [];
    const { files, faults } = await findWatchedFiles(this.#options.folder);
    this.#misplaced = faults;
    this.#forgetAllBut(files);
    for (const watched of files) {
      signal.throwIfAborted();
      const state = await stateOf(watched.file);
      const seen = this.#seen.get(watched.file);
      if (state === undefined || (seen?.state === state && !this.#isDueAgain(seen))) continue;
      // A file that fails half-way is read as a whole the next time.
      this.#seen.delete(watched.file);
      const { imported, resume } = await this.#import(watched, seen, signal);
      const closes = imported.flatMap(({ waiting }) => waiting.closesAt ?? []);
      const readAgainAt = closes.length === 0 ? undefined : Math.min(...closes);
      // What was written meanwhile is read by the next poll, because the state is of before.
      this.#seen.set(watched.file, { state, readAgainAt, resume });
      reports.push(...imported);
    }
    return reports;
  }

  #forgetAllBut(files: readonly WatchedFile[]): void {
    const there = new Set(files.map(({ file }) => file));
    for (const file of this.#refused.keys()) if (!there.has(file)) this.#refused.delete(file);
  }

  #isDueAgain({ readAgainAt }: SeenFile): boolean {
    return readAgainAt !== undefined && this.#options.clock.wallMs() >= readAgainAt;
  }

  async #import(
    watched: WatchedFile,
    seen: SeenFile | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly imported: readonly ImportReport[]; readonly resume: SeenFile['resume'] }> {
    const { file } = watched;
    if (seen?.resume === undefined) this.#refused.delete(file);
    try {
      const texts = await listTexts(file);
      const from = await findResumePoint(file, seen);
      const imported: ImportReport[] = [];
      let resume: SeenFile['resume'];
      for (const text of texts) {
        const done = await this.#importOne(watched, text, { from, signal });
        imported.push(done.report);
        resume = await toResume(text, done);
      }
      return { imported, resume };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#refused.set(file, error.message);
      this.#options.logger.warn('A file of CSV_DIR cannot be imported', {
        file,
        reason: error.message,
      });
      const refusal = recordOfRefusal(this.#about(watched), error.message);
      await writeImportRecord(this.#options.recordsDir, refusal);
      return { imported: [], resume: undefined };
    }
  }

  async #importOne(
    { file, name, timeframe }: WatchedFile,
    text: TextSource,
    { from, signal }: { readonly from: ResumePoint | undefined; readonly signal: AbortSignal },
  ): Promise<{ readonly report: ImportReport; readonly resume: ResumePoint }> {
    const { clock, parseName, rejectsDir, stores } = this.#options;
    const request: ImportRequest = {
      file,
      entry: text.entry,
      name,
      symbol: undefined,
      timeframe,
      attributes: {},
      parseName,
      isDryRun: false,
    };
    const names = [name, timeframe, path.basename(file)];
    if (text.entry !== undefined) names.push(path.basename(text.entry));
    const rejectsPath = path.join(rejectsDir, names.join('-'));
    const rejects = new RejectsFile(rejectsPath, from !== undefined);
    const done = await importText(request, { stores, clock, rejects, signal }, from);
    const about = this.#about({ file: labelOf(text), name, timeframe });
    await writeImportRecord(this.#options.recordsDir, recordOfReport(about, done.report));
    this.#log(labelOf(text), done.report, rejectsPath);
    if (done.report.rejectedRows > 0) {
      this.#refused.set(file, `has lines that could not be used: ${rejectsPath}`);
    }
    return done;
  }

  #about({ file, name, timeframe }: WatchedFile): ImportedFile {
    return { file, venue: fileVenue(name), timeframe, at: this.#options.clock.wallMs() };
  }

  #log(file: string, report: ImportReport, rejects: string): void {
    const { logger } = this.#options;
    const { venue, items, inserted, revised, rejectedRows, understood } = report;
    const leftOut = report.leftOut.map(({ name }) => name);
    const { source } = understood;
    logger.info('File imported', { file, venue, items, inserted, revised, source, leftOut });
    if (rejectedRows === 0) return;
    const [first] = report.rejectedByReason;
    logger.warn('Lines of a file could not be used', {
      file,
      lines: rejectedRows,
      rejects,
      first: first?.example,
    });
  }
}

/** Where a file that was only written on is read from; undefined where it is read as a whole. */
async function findResumePoint(
  file: string,
  seen: SeenFile | undefined,
): Promise<ResumePoint | undefined> {
  if (seen?.resume === undefined || seen.readAgainAt !== undefined) return undefined;
  const { from, fingerprint } = seen.resume;
  const now = await fingerprintOf(file, from.position.byte);
  return now === fingerprint ? from : undefined;
}

/**
 * Only candles of a large plain file are read on: prices of one bar may come in two parts, and a bar is
 * put together from all of its prices.
 */
async function toResume(
  { file, entry }: TextSource,
  { report, resume }: { readonly report: ImportReport; readonly resume: ResumePoint },
): Promise<SeenFile['resume']> {
  const isLarge = resume.position.byte >= MIN_BYTES_TO_RESUME;
  if (!isLarge || entry !== undefined || !resume.isSeekable) return undefined;
  if (resume.format.layout.kind !== 'candles' || report.waiting.unfinishedBars > 0)
    return undefined;
  return { from: resume, fingerprint: await fingerprintOf(file, resume.position.byte) };
}

async function fingerprintOf(file: string, untilByte: number): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file);
  try {
    for (const start of [0, untilByte - FINGERPRINT_BYTES]) {
      const buffer = Buffer.alloc(FINGERPRINT_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, FINGERPRINT_BYTES, start);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

async function stateOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined ? undefined : `${found.size} ${found.mtimeMs}`;
}
