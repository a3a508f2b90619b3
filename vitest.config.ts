import { defineConfig } from 'vitest/config';

/** Where the gate wants the counts, as JSON. */
const resultsFile = process.env['EVENKEEL_TEST_RESULTS'];

export default defineConfig({
  test: {
    include: ['{config,migrations,scripts,src,test}/**/*.test.ts'],
    globalSetup: ['test/build.ts', 'test/own-server.ts'],
    setupFiles: ['test/leak-guard.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    reporters: resultsFile === undefined ? ['default'] : ['default', 'json'],
    ...(resultsFile === undefined ? {} : { outputFile: { json: resultsFile } }),
  },
});
