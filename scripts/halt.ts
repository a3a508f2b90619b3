import { Command } from 'commander';
import { runTradingOrder } from './trading-order.js';

const HELP = `
Freezes entries: no position is opened until npm run resume. Stops, targets, holding times and SELL signals
close positions as always. It is an order to the daemon that runs with the same data; where none runs it is
written to the database, and the next start heeds it. What happened is said.

Exit codes: 0 halted, 1 halted, but not everything is sold yet, 2 not halted, and why, 78 a setting must be
mended first.`;

interface HaltFlags {
  readonly reason: string;
  readonly closeAll: boolean;
}

const program = new Command('npm run halt --')
  .description('Halts trading until a person resumes it.')
  .requiredOption('--reason <text>', 'why, for whoever reads it later')
  .option('--close-all', 'also sells everything that is held', false)
  .option('--json', 'what was done as JSON on standard output', false)
  .addHelpText('after', HELP);

process.exitCode = await runTradingOrder('halt', program, () => {
  const { reason, closeAll } = program.opts<HaltFlags>();
  return { kind: 'halt', reason, isCloseAll: closeAll };
});
