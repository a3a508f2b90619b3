import { Command } from 'commander';
import { runTradingOrder } from './trading-order.js';

const HELP = `
Ends every halt and the pause of a day's loss. From then on losses are counted from the value of that moment. It
is an order to the daemon that runs with the same data; where none runs it is written to the database. The file
HALT_FILE halts until it is deleted.

Exit codes: 0 resumed, 2 not resumed, and why, 78 a setting must be mended first.`;

const program = new Command('npm run resume --')
  .description('Resumes trading after a halt.')
  .option('--json', 'what was done as JSON on standard output', false)
  .addHelpText('after', HELP);

process.exitCode = await runTradingOrder('resume', program, () => ({ kind: 'resume' }));
