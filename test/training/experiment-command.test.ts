import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { experimentDetail } from '../../src/api/contract/experiments.js';
import { SystemClock } from '../../src/lib/clock.js';
import { CommandChild } from '../collection/command-child.js';
import { daemonRig, QUICK } from '../daemon/daemon-child.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';

const LIMIT_MS = 300_000;

const rig = daemonRig();
const children: CommandChild[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await child.ended;
  }
});

type Environment = Readonly<Record<string, string>>;

/** Little to learn, and nothing that trains by itself. */
function environmentOf(folder: string): Environment {
  return {
    ...{ ...QUICK, DATA_DIR: folder, HISTORY_DAYS: '40', CATBOOST_ITERATIONS: '20' },
    ...{ MAX_BASELINE_FEATURES: '20', MODEL_STALE_HOURS: '160' },
  };
}

function run(
  command: 'collect' | 'experiment',
  flags: readonly string[],
  environment: Environment,
): CommandChild {
  const child = new CommandChild(command, flags, environment);
  children.push(child);
  return child;
}

const BODY = {
  ...{ name: 'groups', symbols: ['BTCUSDT'], timeframes: ['1h'], bot: 'catboost', seeds: 2 },
  variants: [
    { name: 'as it is' },
    { name: 'without <calendar>', settings: { FEATURE_GROUPS: '-calendar' } },
  ],
};

describe('npm run experiment', () => {
  test('refuses what it does not know, and says what there is', async () => {
    const folder = rig.folder();
    const environment = environmentOf(folder);
    const ended = async (...flags: string[]) => {
      const child = run('experiment', flags, environment);
      return { status: await child.ended, text: child.stdout + child.stderr };
    };
    const bare = await ended();
    expect(bare.status).toBe(2);
    expect(bare.text).toContain('give --file to begin an experiment, or --id to follow one');
    const absent = await ended('--file', path.join(folder, 'absent.json'));
    expect(absent.status).toBe(2);
    expect(absent.text).toContain('absent.json cannot be read');
    const help = await ended('--help');
    expect(help.status).toBe(0);
    expect(help.text).toContain('The first variant is the control');
  });
});

describe.skipIf(!HAS_PYTHON)('npm run experiment without a daemon (needs npm run setup)', () => {
  test(
    'is stopped by Ctrl+C, goes on by its id, and shows and writes what it found',
    async () => {
      const folder = rig.folder();
      const environment = environmentOf(folder);
      const collected = run('collect', ['--once', '--json'], environment);
      expect(await collected.ended, collected.stderr).toBe(0);
      // Its demo exchange lets go of the folder a moment later.
      await new SystemClock().sleep(500);

      const file = path.join(folder, 'experiment.json');
      writeFileSync(
        file,
        JSON.stringify({ ...BODY, variants: [{ name: 'one' }, { name: 'one' }] }),
      );
      const refused = run('experiment', ['--file', file], environment);
      expect(await refused.ended).toBe(2);
      expect(refused.stderr).toContain('Two variants are named "one"');
      await new SystemClock().sleep(500);

      writeFileSync(file, JSON.stringify(BODY));
      const stopped = run('experiment', ['--json', '--file', file], environment);
      await stopped.until(() => stopped.progress.length > 0, 'progress');
      stopped.kill('SIGINT');
      expect(await stopped.ended, stopped.stderr).toBe(130);
      const seen = experimentDetail.parse(stopped.json.at(-1)?.['experiment']);
      expect(stopped.json.at(-1)).toMatchObject({ event: 'end', status: 'stopped' });
      await new SystemClock().sleep(500);

      const report = path.join(folder, 'report.html');
      const flags = ['--id', seen.id, '--report', report];
      const ended = run('experiment', flags, environment);
      expect(await ended.ended, ended.stderr).toBe(0);
      expect(ended.stdout).toContain('4 of 4 jobs scored');
      expect(ended.stdout).toMatch(/without <calendar> +direction skill +[+-]\d/);
      const page = readFileSync(report, 'utf8');
      expect(page).toContain('<svg viewBox=');
      expect(page).toContain('without &lt;calendar&gt;');
      expect(page).not.toContain('<script');
    },
    LIMIT_MS,
  );
});
