import type { Settings } from '../../config/settings.js';
import { Collector, type CollectorOptions } from '../collection/collector.js';

/** What the settings alone do not say. */
export type CollectorParts = Pick<
  CollectorOptions,
  'marketData' | 'stores' | 'logger' | 'symbols' | 'timeframes'
>;

/** Collection as the settings want it, whether a daemon runs it or it runs alone. */
export function createCollector(settings: Settings, parts: CollectorParts): Collector {
  return new Collector({
    ...parts,
    history: { historyDays: settings.historyDays, trainMonthsBack: settings.trainMonthsBack },
    quoteIntervalMs: settings.analysisIntervalSec * 1000,
    staleAfterBars: settings.staleDataBars,
    pauseFile: settings.pauseCollectorFile,
  });
}
