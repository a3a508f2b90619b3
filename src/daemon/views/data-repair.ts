import type { DataRepair } from '../../api/context/api-context.js';
import type { ReadPhase } from '../phases.js';

/** Repair of series as the API asks for it; undefined while this daemon collects nothing. */
export function dataRepairView(readPhase: ReadPhase): () => DataRepair | undefined {
  return () => {
    const phase = readPhase();
    if (!('collector' in phase) || phase.stopping.aborted) return undefined;
    const { collector, market } = phase;
    const { venue } = market.data;
    return {
      begin: (wanted) => collector.repair(wanted),
      list: () =>
        collector
          .status()
          .series.filter(({ isRepairWanted, lastRepair }) => isRepairWanted || lastRepair)
          .map(({ symbol, timeframe, isRepairWanted, lastRepair, lastError }) => ({
            key: { venue, symbol, timeframe },
            isUnderWay: isRepairWanted,
            last: lastRepair,
            error: lastError,
          })),
    };
  };
}
