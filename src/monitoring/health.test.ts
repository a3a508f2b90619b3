import { expect, it } from 'vitest';
import { checkHealth, type HealthProbe, type HealthStatus } from './health.js';

const probe = (name: string, status: HealthStatus) => () => ({ name, status, message: status });

it.each([
  [['ok', 'ok'], 'ok'],
  [['ok', 'degraded'], 'degraded'],
  [['failing', 'degraded', 'ok'], 'failing'],
  [[], 'ok'],
] as const)('the whole is as ill as its worst part: %j is %s', async (parts, whole) => {
  const probes = new Map(parts.map((part, index) => [`p${index}`, probe(`p${index}`, part)]));
  const { status, checks } = await checkHealth(probes);
  expect(status).toBe(whole);
  expect(checks.map((check) => check.status)).toEqual([...parts]);
});

it('a probe that throws is a failing part with its reason, and hides no other', async () => {
  const broken = () => Promise.reject(new Error('the database is away'));
  const { status, checks } = await checkHealth(
    new Map<string, HealthProbe>([
      ['database', broken],
      ['loop', probe('loop', 'ok')],
    ]),
  );
  expect(status).toBe('failing');
  expect(checks).toEqual([
    { name: 'database', status: 'failing', message: 'the database is away' },
    { name: 'loop', status: 'ok', message: 'ok' },
  ]);
});
