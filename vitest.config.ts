import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where the gate wants the counts, as JSON. */
const resultsFile = process.env['EVENKEEL_TEST_RESULTS'];

const COMMON = {
  setupFiles: ['test/leak-guard.ts'],
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // Files share a process, which saves loading everything anew for each: the code has no state of modules that
  // could pass from one to the next, and the leak guard looks after each file.
  isolate: false,
};

/** Suites of a minute and more. One of them alone at the end would leave the other cores without work. */
const LONG_SUITES = [
  'trainer/base-model',
  'backtest/walk-forward',
  'dashboard/dashboard',
  'integrity/gates',
  'daemon/restart-kill',
  'daemon/health-table',
  'integrity/served-parity',
  'backtest/parity',
  'training/queue',
  'dashboard/odd-states',
  'backtest/backtest-command',
  'daemon/surroundings',
  'api/backtests',
  'backtest/model-command',
  'training/pooling',
  'training/restart',
  'database-loss/daemon',
].map((name) => `test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = LONG_SUITES.findIndex((name) => moduleId.endsWith(name));
      return rank === -1 ? LONG_SUITES.length : rank;
    };
    const known = await super.sort(files);
    return known.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

export default defineConfig({
  test: {
    // Once for all projects: what they hand on lies in the file system and the environment.
    globalSetup: ['test/build.ts', 'test/own-server.ts', 'test/s3-install.ts'],
    pool: 'forks',
    // Most suites wait for processes of their own half of the time.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    sequence: { sequencer: LongestFirst },
    reporters: resultsFile === undefined ? ['default'] : ['default', 'json'],
    ...(resultsFile === undefined ? {} : { outputFile: { json: resultsFile } }),
    projects: [
      // `npm run verify`.
      {
        test: {
          ...COMMON,
          name: 'unit',
          include: ['{config,migrations,scripts,src}/**/*.test.ts'],
        },
      },
      { test: { ...COMMON, name: 'suites', include: ['test/**/*.test.ts'] } },
    ],
  },
});
