import type { DataQuality } from '../../api/context/api-context.js';
import { importFolders, readImportRecords } from '../../collection/files/import-record.js';
import { sharedRead } from '../../lib/shared-read.js';
import { assessQuality, type QualityReport } from '../../quality/quality-report.js';
import { clockOf, type Base, type ReadPhase } from '../phases.js';

const MAX_AGE_MS = 60_000;
/** Reports that are kept; a page asks for the same one again and again. */
const MOST_KEPT = 16;

/** Quality as the API asks for it: one report at a time, each kept for a minute. */
export function qualityView(
  { settings, stores, wallClock }: Pick<Base, 'settings' | 'stores' | 'wallClock'>,
  readPhase: ReadPhase,
): DataQuality {
  const known = new Map<string, () => Promise<QualityReport>>();
  let last: Promise<unknown> = Promise.resolve();
  const { records } = importFolders(settings.dataDir);
  return (request) => {
    // What was judged before a repair is not what is stored now.
    const key = JSON.stringify([request, newestRepair(readPhase())]);
    const read = async (): Promise<QualityReport> => {
      const marketMs = clockOf(readPhase()).marketMs();
      const { days, ...series } = request;
      return assessQuality(
        { ...series, fromOpenTime: marketMs - days * 86_400_000 },
        {
          stores,
          marketMsOf: (venue) => (venue === request.venue ? marketMs : undefined),
          imports: await readImportRecords(records),
        },
      );
    };
    const inTurn = (): Promise<QualityReport> => {
      const mine = last.then(read);
      last = mine.catch(() => undefined);
      return mine;
    };
    const shared = known.get(key) ?? sharedRead(inTurn, { clock: wallClock, maxAgeMs: MAX_AGE_MS });
    if (known.size >= MOST_KEPT) known.clear();
    known.set(key, shared);
    return shared();
  };
}

function newestRepair(phase: ReturnType<ReadPhase>): number {
  if (!('collector' in phase)) return 0;
  const ended = phase.collector.status().series.map(({ lastRepair }) => lastRepair?.endedAt ?? 0);
  return Math.max(0, ...ended);
}
