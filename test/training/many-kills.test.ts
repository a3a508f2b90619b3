import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { seededRandom } from '../../src/lib/seeded-random.js';
import { trainerCommand } from '../../src/training/trainer-process/python-command.js';
import { forEachEngine } from '../database.js';
import { HAS_PYTHON, PYTHON, TRAINER_DIR } from '../trainer/real-trainer.js';
import type { DoomedOrder, DoomedProgress } from './doomed-daemon-child.js';
import { filesBelow } from './files-below.js';
import {
  countOpen,
  expectEachFailedOnce,
  keysOf,
  killFamily,
  SHORT_TRAININGS,
  storeShortMarkets,
} from './kill-rig.js';
import { createTrainingContext, KEY, START_MS, type TrainingContext } from './training-context.js';

const IS_LONG = process.env['EVENKEEL_TEST_LONG'] === 'true';
const JOBS = IS_LONG ? 1000 : 8;
const KILLS = IS_LONG ? 50 : 2;
const LIMIT_MS = (IS_LONG ? 30 : 2) * 60_000;
/** Python needs a second or two until it trains. */
const LIVES_MS = { shortest: 300, longest: 6000 };
const TRAINER: Pick<DoomedOrder, 'command' | 'cwd'> = {
  command: trainerCommand(PYTHON),
  cwd: TRAINER_DIR,
};
/** Jobs that fail at once show the queue alone: in the sessions of as many symbols. */
const SHORT = { symbols: 1_000, sessions: 10 };
const NO_TRAINER = { command: undefined, cwd: TRAINER_DIR };
const SEED = '10b5'.repeat(8);
const PAGE = { limit: 2 * JOBS, offset: 0 };
let runs = 0;
const DOOMED = fileURLToPath(compiledUrl(import.meta.url, './doomed-daemon-child.js'));

const KEYS = keysOf(JOBS);

describe.skipIf(!HAS_PYTHON)('daemons and trainers that are killed (needs npm run setup)', () => {
  forEachEngine((engine) => {
    it(
      `lose none of ${JOBS} jobs in ${KILLS} kills, and do none twice`,
      async () => {
        const context = await createTrainingContext(engine, {
          ...SHORT_TRAININGS,
          promotionGate: 'parity',
        });
        try {
          await storeShortMarkets(context, KEYS);
          await context.service().sessions.request({ keys: KEYS, kind: 'manual' });
          await campaign(context);
          await expectEachOnce(context);
        } finally {
          await context.close();
        }
      },
      LIMIT_MS,
    );

    it.runIf(IS_LONG)(
      `lose none of ${SHORT.symbols * SHORT.sessions} short jobs in ${KILLS} kills, and do none twice`,
      async () => {
        const context = await createTrainingContext(engine, {
          ...SHORT_TRAININGS,
          pooling: 'off',
        });
        try {
          await shortCampaign(context);
          // A kill meets two jobs at most, one of each lane.
          const jobs = SHORT.symbols * SHORT.sessions;
          await expectEachFailedOnce(context, { jobs, mostGivenUp: KILLS });
        } finally {
          await context.close();
        }
      },
      2 * LIMIT_MS,
    );
  });
});

/**
 * Kills a daemon when a session is asked for, which only one that starts hears of here, and whenever another part of its
 * jobs has ended.
 */
async function shortCampaign(context: TrainingContext): Promise<void> {
  const { symbols, sessions } = SHORT;
  const keys = keysOf(symbols);
  await storeShortMarkets(context, keys);
  const random = seededRandom(SEED);
  const killsOfSession = KILLS / sessions;
  let daemon = new Doomed(context, NO_TRAINER);
  for (let session = 0; session < sessions; session++) {
    await context.service().sessions.request({ keys, kind: 'manual' });
    let kills = 0;
    for (let open = symbols; open > 0; open = await countOpen(context)) {
      if (symbols - open >= (kills * symbols) / killsOfSession) {
        kills += 1;
        await sleep(random() * 200);
        await daemon.kill();
        daemon = new Doomed(context, NO_TRAINER);
      }
      await sleep(50);
    }
    expect(kills).toBe(killsOfSession);
  }
  await daemon.kill();
}

/** Kills daemon and trainer in turn at random moments, then lets the last daemon end the work. */
async function campaign(context: TrainingContext): Promise<void> {
  const random = seededRandom(SEED);
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = new Doomed(context, TRAINER);
    const { shortest, longest } = LIVES_MS;
    await sleep(shortest + random() * (longest - shortest));
    if (kill % 2 === 1) await daemon.killTrainer();
    await daemon.kill();
  }
  const last = new Doomed(context, TRAINER);
  while ((await countOpen(context)) > 0) await sleep(100);
  await last.kill();
}

/** Every job has ended, with one record and one evidence, and only what is recorded is on disk. */
async function expectEachOnce({ stores, options }: TrainingContext): Promise<void> {
  const { rows: jobs } = await stores.jobs.list({ venue: KEY.venue }, PAGE);
  const { rows: records } = await stores.models.list({ venue: KEY.venue }, PAGE);
  expect(jobs.map(({ symbol }) => symbol).sort()).toEqual(KEYS.map(({ symbol }) => symbol).sort());
  expect(records.map(({ jobUid }) => jobUid).sort()).toEqual(jobs.map(({ uid }) => uid).sort());
  for (const job of jobs) {
    const evidence = await stores.evidence.listByJob(job.uid);
    expect(evidence.map(({ modelUid }) => modelUid)).toEqual([job.modelUid]);
    const serving = await stores.models.findServing(job);
    expect(serving?.uid).toBe(job.status === 'completed' ? job.modelUid : undefined);
    // What a kill can do to a job: its trainer is gone, or it is given up at its second dead owner.
    if (job.status !== 'completed') expect(job.errorCode).toMatch(/^(crashed|owner_died)$/);
  }
  const completed = jobs.filter(({ status }) => status === 'completed').length;
  // A kill meets two jobs at most, one of each lane, and two kills fail a job.
  expect(completed).toBeGreaterThanOrEqual(JOBS - KILLS);
  const models = filesBelow(options.modelsDir);
  expect(models.filter((name) => name === 'model.onnx')).toHaveLength(completed);
  expect(models.filter((name) => name.includes('tmp'))).toEqual([]);
  expect(filesBelow(options.workDir)).toEqual([]);
}

/** A daemon of its own, whose whole family must be gone after its end. */
class Doomed {
  readonly #child: ChildProcess;
  #trainerPid: number | undefined;

  constructor(
    { location, options }: TrainingContext,
    trainer: Pick<DoomedOrder, 'command' | 'cwd'>,
  ) {
    const order: DoomedOrder = {
      ...{ location, options, marketMs: START_MS, runUid: `doomed-${runs++}` },
      ...trainer,
    };
    const child = spawn(process.execPath, [DOOMED, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface(child.stdout).on('line', (line) => {
      this.#trainerPid = (JSON.parse(line) as DoomedProgress).trainerPid;
    });
    this.#child = child;
  }

  /** Nothing happens where there is none yet. */
  async killTrainer(): Promise<void> {
    if (this.#trainerPid === undefined) return;
    try {
      process.kill(this.#trainerPid, 'SIGKILL');
    } catch {
      // It was replaced or idle in this very moment.
    }
    await sleep(500);
  }

  kill(): Promise<void> {
    return killFamily(this.#child);
  }
}
