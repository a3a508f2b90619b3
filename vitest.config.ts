import { defineConfig } from 'vitest/config';

/** Where the gate wants the counts, as JSON. */
const resultsFile = process.env['EVENKEEL_TEST_RESULTS'];

const COMMON = { setupFiles: ['test/leak-guard.ts'], testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Once for all projects: what they hand on lies in the file system and the environment.
    globalSetup: ['test/build.ts', 'test/own-server.ts'],
    pool: 'forks',
    maxWorkers: 2,
    reporters: resultsFile === undefined ? ['default'] : ['default', 'json'],
    ...(resultsFile === undefined ? {} : { outputFile: { json: resultsFile } }),
    projects: [
      {
        // `npm run verify`. The files share a process, which halves their processor time: the code has no
        // state of modules that could pass from one to the next, and the leak guard looks after each file.
        test: {
          ...COMMON,
          name: 'unit',
          include: ['{config,migrations,scripts,src}/**/*.test.ts'],
          isolate: false,
        },
      },
      { test: { ...COMMON, name: 'suites', include: ['test/**/*.test.ts'] } },
    ],
  },
});
