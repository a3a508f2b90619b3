import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** The alarms of `ops/prometheus`; that the daemon exports what they ask for is shown beside its figures. */
const promtool = (...order: readonly string[]) =>
  spawnSync('promtool', order, { cwd: 'ops/prometheus', encoding: 'utf8' });
const promtoolSkipReason =
  promtool('--version').status === 0 ? undefined : 'no promtool; apt-get install prometheus';

describe('the alarms', () => {
  const read = (name: string): string => readFileSync(`ops/prometheus/${name}`, 'utf8');
  const names = [...read('alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name ?? '');

  test.each(names)('%s has a case in which it rings and one in which it does not', (name) => {
    const cases = read('alerts.test.yml').split('- eval_time:');
    const own = cases.filter((one) => one.includes(`alertname: ${name}\n`));
    expect(own.some((one) => one.includes('- exp_labels:'))).toBe(true);
    expect(own.some((one) => one.includes('exp_alerts: []'))).toBe(true);
  });

  describe.skipIf(promtoolSkipReason !== undefined)(
    `by promtool (${promtoolSkipReason ?? 'installed'})`,
    () => {
      test('their rules and the configuration are in order', () => {
        const rules = promtool('check', 'rules', '--lint=all', '--lint-fatal', 'alerts.yml');
        expect(rules.stderr + rules.stdout).toContain(`SUCCESS: ${names.length} rules found`);
        expect(rules.status).toBe(0);
        const config = promtool('check', 'config', '--syntax-only', 'prometheus.yml');
        expect(config.stderr).toBe('');
      });

      test('ring when they should, with the words that they should have, and not before', () => {
        const tested = promtool('test', 'rules', 'alerts.test.yml');
        expect(tested.stdout + tested.stderr).toContain('SUCCESS');
        expect(tested.status).toBe(0);
      });
    },
  );
});
