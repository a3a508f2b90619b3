import { Command, CommanderError } from 'commander';
import { listEffective, type EffectiveSetting } from '../config/effective-settings.js';
import { findFileWarnings, readSettings, readSources } from '../config/read-settings.js';
import { ConfigError } from '../src/lib/errors.js';
import { textTable } from './text-table.js';

const HELP = `
Shows every setting as a daemon that starts here would have it, and where each value comes from: environment,
.env, default, or for a secret in a file the variable that names it. Secrets are shown as "set".

Exit codes: 0 shown, 2 wrong usage, 78 a setting must be mended first.`;

function main(): number {
  const program = new Command('npm run config --')
    .description('Shows the settings in effect.')
    .option('--changed', 'only what is not left at its default', false)
    .option('--json', 'as JSON on standard output', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  try {
    const { changed, json } = program
      .parse(process.argv)
      .opts<{ readonly changed: boolean; readonly json: boolean }>();
    const sources = readSources();
    const { settings, warnings } = readSettings(sources.environment);
    for (const warning of [...findFileWarnings(), ...warnings]) {
      process.stderr.write(`config: ${warning}\n`);
    }
    const all = listEffective(settings, sources);
    const shown = changed ? all.filter(({ origin }) => origin !== 'default') : all;
    process.stdout.write(json ? `${JSON.stringify({ settings: shown })}\n` : inWords(shown));
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`config: ${error.message}\n`);
    return 78;
  }
}

function inWords(settings: readonly EffectiveSetting[]): string {
  const rows = settings.map(({ name, value, origin }) => [name, value ?? '-', origin]);
  return textTable(['setting', 'value', 'from'], rows);
}

process.exitCode = main();
