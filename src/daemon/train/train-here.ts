import { hostname } from 'node:os';
import type { ModelKey } from '../../domain/model-key.js';
import { isSessionOver } from '../../domain/training-job.js';
import { DisposalStack } from '../../lib/disposal.js';
import { ConfigError, TransientError } from '../../lib/errors.js';
import { newUid } from '../../lib/uid.js';
import { openStores, type Stores } from '../../storage/stores.js';
import { trainingKeys } from '../../training/options/training-keys.js';
import type { TrainingService } from '../../training/training-service.js';
import { endLine } from '../../training/queue/session-finalizer.js';
import { chooseInstruments } from '../choose-instruments.js';
import { createTrainingService } from '../create-training.js';
import { placeOf, readInstallationId } from '../installation-id.js';
import { openMarket } from '../open-market.js';
import { openStorage } from '../open-storage.js';
import { PAPER_ACCOUNT } from '../module-options.js';
import {
  SAMPLE_INSTRUMENTS,
  type TrainEnd,
  type TrainOptions,
  type TrainProgress,
} from './train-options.js';

const LOOK_MS = 500;
const STOPPED = 'Stopped; what is trained stays, and the session goes on with the next start';

/** Trains in this process. Holds the folder. */
export async function trainHere(options: TrainOptions): Promise<TrainEnd> {
  const { settings, clock, logger, signal } = options;
  const stack = new DisposalStack(logger);
  try {
    const { database } = await openStorage(settings, { clock, logger, signal });
    stack.defer('database', () => database.close());
    const market = await openMarket(settings, { clock, logger, stack });
    await market.data.start(signal);
    const stores = openStores(database, market.data.clock);
    await assertAlone(options, stores, market.data.venue);
    const instruments = chooseInstruments(settings, market.data);
    const { trainerEnvironment } = options;
    const runUid = newUid(clock.wallMs());
    const service = createTrainingService({
      ...{ settings, market, instruments, database, stores, runUid, logger, trainerEnvironment },
    });
    const { keys, left } = await wantedKeys(options, stores, service);
    await stack.use('training', service).start();
    const kind = options.mode === 'sample' ? 'manual' : options.mode;
    const name = `npm run train -- --mode ${options.mode}`;
    const { sessionUid } = await service.sessions.request({ keys, kind, name });
    const end = await follow(service, sessionUid, options);
    return { ...end, left: [...instruments.refused, ...left] };
  } finally {
    await stack.stop();
  }
}

/** Another daemon on the same database would take our jobs for dead ones, and we its. */
async function assertAlone(
  { settings, clock, logger }: TrainOptions,
  stores: Stores,
  venue: string,
): Promise<void> {
  const { dataDir } = settings;
  const installation = readInstallationId(dataDir, { wallMs: clock.wallMs(), logger });
  const own = placeOf({ host: hostname(), dataDir, installation });
  const holder = await stores.leases.findHolder({ venue, account: PAPER_ACCOUNT }, clock.wallMs());
  if (holder === undefined || holder === own) return;
  throw new TransientError(
    'A daemon elsewhere works on this database: ask it to train, by its page or its API',
  );
}

async function wantedKeys(
  { mode }: TrainOptions,
  stores: Stores,
  service: TrainingService,
): Promise<{ readonly keys: readonly ModelKey[]; readonly left: readonly string[] }> {
  const all = trainingKeys(service.options);
  const symbols = [...new Set(all.map(({ symbol }) => symbol))];
  const chosen = new Set(mode === 'sample' ? symbols.slice(0, SAMPLE_INSTRUMENTS) : symbols);
  const keys: ModelKey[] = [];
  const left: string[] = [];
  for (const key of all.filter(({ symbol }) => chosen.has(symbol))) {
    if ((await stores.series.find(key)) !== undefined) keys.push(key);
    else left.push(`${key.symbol} ${key.timeframe}: no candles are stored; npm run collect first`);
  }
  if (keys.length > 0) return { keys, left: [...new Set(left)] };
  throw new ConfigError(`Nothing can be trained: ${[...new Set(left)].join(', ')}`);
}

async function follow(
  service: TrainingService,
  sessionUid: string,
  options: TrainOptions,
): Promise<Omit<TrainEnd, 'left'>> {
  const { clock, signal, onProgress } = options;
  for (;;) {
    const { session, progress } = await service.sessions.view(sessionUid);
    const fault = service.trainerFault;
    if (fault !== undefined) throw new ConfigError(`${fault.message}; to mend it, ${fault.fix}`);
    onProgress(await readProgressOf(service, sessionUid));
    const { failed } = progress.summary;
    if (isSessionOver(session.status)) {
      // Said here; no daemon that comes later is to say it again.
      await service.sessions.conclude(sessionUid);
      const jobs = await service.sessions.jobsOf(session);
      const line = `${endLine(jobs, session.createdAt)}, cache not updated`;
      return { status: 'done', sessionUid, failed, line };
    }
    if (signal.aborted) return { status: 'stopped', sessionUid, failed, line: STOPPED };
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
}

async function readProgressOf(
  service: TrainingService,
  sessionUid: string,
): Promise<TrainProgress> {
  const { progress } = await service.sessions.view(sessionUid);
  const { state, current, pausedBy } = await service.queue.status();
  const { pauseFile = '' } = service.options;
  const [job] = current;
  return {
    ...{ by: 'this process', state },
    pausedBy: pausedBy.map((who) => (who === 'file' ? `the file ${pauseFile}` : who)),
    ...{ percentage: progress.percentage, current: progress.current, total: progress.total },
    ...{ failed: progress.summary.failed, etaSec: progress.etaSeconds },
    job:
      job === undefined
        ? undefined
        : {
            name: `${job.symbol} ${job.timeframe} ${job.bot}`,
            ...{ stage: job.stage ?? 'starting', percent: job.progressPct },
          },
  };
}
