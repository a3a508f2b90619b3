import { readdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Command, CommanderError } from 'commander';
import { listEffective, listSecrets, type EffectiveSetting } from '../config/effective-settings.js';
import { findFileWarnings, readSettings, readSources } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { findLockHolder } from '../src/coordination/data-dir-lock.js';
import { readVersion } from '../src/daemon/project-dir.js';
import { fetchDaemon } from '../src/commands/daemon-client.js';
import { SystemClock } from '../src/lib/clock.js';
import { ConfigError, messageOf } from '../src/lib/errors.js';
import { redact } from '../src/lib/redact.js';
import { checkSetup } from './doctor-checks.js';

const HELP = `
Collects what helps to understand a problem into one file, which you can attach to a report: versions, settings without
secrets, the findings of npm run doctor, status, health and figures of the daemon where one answers, and the last lines of
its log. Secrets are taken out of all of it; read the file before you send it on. It contains no candles, books or models.

Exit codes: 0 written, 2 wrong usage or the file cannot be written, 78 a setting must be mended first.`;

const EXIT = { fine: 0, failed: 2, config: 78 } as const;
const ANSWER_TIMEOUT_MS = 10_000;
const LOG_FILES = 2;
const LOG_LINES = 1500;

/** What is asked of a running daemon. */
const ROUTES = [
  '/api/status',
  '/api/health',
  '/api/training/status',
  '/api/logs?limit=1000',
  '/metrics',
];

async function main(): Promise<number> {
  const clock = new SystemClock();
  const stamp = new Date(clock.wallMs()).toISOString().replace(/[:.]/g, '-').slice(0, 19);
  const program = new Command('npm run support-bundle --')
    .description('Collects what helps to understand a problem into one file.')
    .option('--to <file>', 'where it is written', `evenkeel-support-${stamp}.json.gz`)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  try {
    const { to } = program.parse(process.argv).opts<{ readonly to: string }>();
    const sources = readSources();
    const { settings, warnings } = readSettings(sources.environment);
    const shown = listEffective(settings, sources);
    const known = { settings: shown, warnings: [...findFileWarnings(), ...warnings] };
    const bundle = await collect(settings, known, new Date(clock.wallMs()).toISOString());
    const safe = redact(bundle, { secrets: listSecrets(settings) });
    await writeFile(to, gzipSync(`${JSON.stringify(safe, null, 1)}\n`), { mode: 0o600 });
    process.stdout.write(`Written: ${path.resolve(to)}. Read it before you send it: zless ${to}\n`);
    return EXIT.fine;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.failed;
    process.stderr.write(`support-bundle: ${messageOf(error)}\n`);
    return error instanceof ConfigError ? EXIT.config : EXIT.failed;
  }
}

async function collect(
  settings: Settings,
  known: { readonly settings: readonly EffectiveSetting[]; readonly warnings: readonly string[] },
  at: string,
): Promise<object> {
  return {
    at,
    versions: await readVersions(),
    machine: {
      platform: `${os.platform()} ${os.release()} ${os.arch()}`,
      cores: os.cpus().length,
      memory_mb: Math.round(os.totalmem() / 2 ** 20),
      free_mb: Math.round(os.freemem() / 2 ** 20),
    },
    settings: known.settings.map(({ name, value, origin }) => ({ name, value, origin })),
    warnings: known.warnings,
    doctor: await checkSetup(),
    daemon: await askDaemon(settings),
    log: await readLog(path.join(settings.dataDir, 'logs')),
  };
}

async function readVersions(): Promise<Readonly<Record<string, string>>> {
  const file = new URL('../../package.json', import.meta.url);
  const manifest = JSON.parse(await readFile(file, 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return { evenkeel: readVersion(), node: process.version, ...manifest.dependencies };
}

/** Each answer as it came, or why there is none. */
async function askDaemon(settings: Settings): Promise<Readonly<Record<string, unknown>>> {
  const { apiToken, apiPort, dataDir } = settings;
  const address = findLockHolder(dataDir)?.apiAddress ?? `http://127.0.0.1:${apiPort}`;
  const answers: Record<string, unknown> = {};
  for (const route of ROUTES) {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    answers[route] = await fetchDaemon({ address, apiToken }, route, { signal })
      .then((response) => (route === '/metrics' ? response.text() : response.json()))
      .catch((error: unknown) => `no answer: ${messageOf(error)}`);
  }
  return answers;
}

/** The newest lines of the daily files; none under systemd, whose journal has them. */
async function readLog(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const newest = names
    .filter((name) => /^evenkeel-.*\.log(\.\d+)?$/.test(name))
    .sort()
    .slice(-LOG_FILES);
  const texts = await Promise.all(
    newest.map((name) => readFile(path.join(folder, name), 'utf8').catch(() => '')),
  );
  return texts
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .slice(-LOG_LINES);
}

process.exitCode = await main();
