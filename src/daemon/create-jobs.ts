import { importFolders } from '../collection/files/import-record.js';
import { historyBars } from '../collection/history-depth.js';
import { analysisCycle } from '../jobs/analysis-cycle.js';
import { artifactCare } from '../jobs/artifact-care.js';
import { EVERY_HOUR, EVERY_MINUTE, EVERY_TWO_SECONDS } from '../jobs/alarm.js';
import type { Job } from '../jobs/repeat.js';
import { retention } from '../jobs/retention.js';
import { OutcomeResolver } from '../signals/outcome-resolver.js';
import type { RecentBars } from '../signals/recent-bars.js';
import { instrumentKeys } from '../training/options/training-keys.js';
import type { Active, Connected } from './phases.js';
import { watchListing } from './watch-listing.js';

/** How soon it is noticed that the markets are to be read again. */
const MARKETS_POLL_MS = 2_000;

export type JobParts = Pick<
  Active,
  'collector' | 'pipeline' | 'training' | 'lookalikes' | 'watchedFolder'
>;

/** Everything that the daemon repeats while it works. */
export function createJobs(
  connected: Connected,
  parts: JobParts,
  bars: RecentBars,
): readonly Job[] {
  const { settings, market, options, logger } = connected;
  const { training, collector, lookalikes, watchedFolder } = parts;
  const jobs: Job[] = [
    {
      name: 'analysis cycle',
      intervalMs: options.cycleIntervalMs,
      run: createCycle(connected, parts, bars),
    },
    {
      name: 'look-alikes',
      intervalMs: options.cycleIntervalMs,
      run: () => lookalikes.poll(),
    },
    {
      name: 'markets',
      intervalMs: MARKETS_POLL_MS,
      run: watchListing(connected, collector),
    },
    {
      name: 'schedules',
      // An hour of the demo's market passes in seconds.
      alarm: market.isDemo ? EVERY_TWO_SECONDS : EVERY_MINUTE,
      run: () => training.pollSchedules(),
    },
    {
      name: 'retention',
      alarm: EVERY_HOUR,
      run: retention({
        rules: options.retention,
        importFolders: Object.values(importFolders(settings.dataDir)),
        neededBars: (timeframe) => historyBars(timeframe, settings),
        venue: market.data.venue,
        stores: connected.stores,
        clock: market.data.clock,
        logger,
      }),
    },
  ];
  jobs.push(...createArtifactCare(connected));
  if (watchedFolder !== undefined) {
    jobs.push({
      name: 'files',
      intervalMs: settings.analysisIntervalSec * 1000,
      run: async (signal) => {
        await watchedFolder.poll(signal);
      },
    });
  }
  return jobs;
}

function createArtifactCare({
  artifacts,
  options,
  stores,
  wallClock: clock,
  logger,
}: Connected): readonly Job[] {
  if (artifacts === undefined) return [];
  const { modelsDir } = options.training;
  return artifactCare({ ...artifacts, modelsDir, stores, clock, logger });
}

function createCycle(
  { settings, market, stores, options, loopWatch }: Connected,
  { training, pipeline }: Pick<JobParts, 'training' | 'pipeline'>,
  bars: RecentBars,
): Job['run'] {
  const { clock } = market.data;
  const fallbackHorizonBars = settings.labelHorizonBars;
  const resolver = new OutcomeResolver({ stores, bars, clock, fallbackHorizonBars });
  const keys = () => instrumentKeys(options.training);
  return analysisCycle({ keys, training, pipeline, resolver, loopWatch });
}
