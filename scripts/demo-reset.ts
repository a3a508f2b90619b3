import { readEnvironment, readSettings } from '../config/read-settings.js';
import { resetDemo } from '../src/demo/market/run-state.js';
import { messageOf } from '../src/lib/errors.js';

const HELP = `Begins a new run of the demo market: its time starts again, as another venue, and what was
collected from the old run stays apart. Stop the daemon first.

Usage: npm run demo:reset
`;

if (process.argv.includes('--help')) {
  process.stdout.write(HELP);
} else {
  try {
    const { settings } = readSettings(readEnvironment());
    const runs = resetDemo(settings.dataDir);
    const lines = runs.map(({ hash, run }) => `demo:${hash} begins run ${run} at the next start\n`);
    process.stdout.write(lines.length === 0 ? 'No demo market was played yet\n' : lines.join(''));
  } catch (error) {
    process.stderr.write(`demo:reset: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
