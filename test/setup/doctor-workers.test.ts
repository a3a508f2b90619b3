import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { judgeWorkers } from '../../scripts/doctor-workers.js';
import { BOT_NAMES } from '../../src/domain/bots.js';
import { DEAD_AFTER_MS, type SeenWorker } from '../../src/domain/queue-worker.js';
import { forEachEngine, onMysqlServer } from '../database.js';
import { mysqlSettings } from '../mysql-server.js';
import { aWorker } from '../storage/rows.js';
import { OwnRedis, redisSkipReason, withRedis } from '../redis-server.js';
import { PROGRAM_VERSION } from '../training/worker-process.js';
import { PROJECT_DIR } from '../trainer/real-trainer.js';

interface Finding {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly fix?: string;
}

const OWN = { version: '1.2.3', bots: ['catboost'] };
const MINUTE_MS = 60_000;

function worker(changes: Partial<SeenWorker> = {}): SeenWorker {
  const usual = aWorker({ uid: 'w', version: OWN.version, bots: BOT_NAMES });
  return { ...usual, silentMs: 0, ...changes };
}

describe('the doctor on workers', () => {
  it('is content with one of its own version', () => {
    expect(judgeWorkers([worker(), worker({ host: 'elm' })], OWN)).toEqual({
      name: 'workers',
      status: 'ok',
      message: '2 at work: oak (1.2.3), elm (1.2.3)',
    });
  });

  it('names one of another version, with the fix', () => {
    const found = judgeWorkers([worker(), worker({ host: 'elm', version: '1.1.0' })], OWN);
    expect(found.status).toBe('warning');
    expect(found.message).toContain('elm has version 1.1.0, this is 1.2.3');
    expect(found.fix).toBe('install 1.2.3 there, and start it again');
  });

  it('says of each host why none is at work there', () => {
    const dead = worker({ silentMs: 3 * MINUTE_MS });
    const reason = 'MODELS_DIR (/a) is not the folder of the daemon of test';
    const refused = worker({ host: 'elm', status: 'refused', reason, silentMs: MINUTE_MS });
    const stopped = worker({ host: 'fir', status: 'stopped', silentMs: MINUTE_MS });
    // Only what a host met last counts.
    const before = worker({ host: 'fir', status: 'refused', reason: 'old', silentMs: 9e6 });
    expect(judgeWorkers([dead, refused, stopped, before], OWN)).toMatchObject({
      status: 'warning',
      message: [
        'none is at work',
        'oak is silent for 3 min 0 s, so it counts as dead',
        `elm was refused 1 min 0 s ago: ${reason}`,
        'fir was stopped 1 min 0 s ago',
      ].join('; '),
      fix: 'mend that, then start one: npm run worker',
    });
    expect(judgeWorkers([], OWN)).toMatchObject({
      message: 'none is at work',
      fix: 'start one: npm run worker',
    });
  });

  it('tells of a refused host beside one that works, and of nobody who was stopped', () => {
    const reason = 'This worker is version 1.1.0';
    const refused = { host: 'elm', version: '1.1.0', status: 'refused', reason } as const;
    const seen = [worker(), worker(refused), worker({ host: 'fir', status: 'stopped' })];
    const { message, fix } = judgeWorkers(seen, OWN);
    expect(message).toContain('1 at work: oak (1.2.3); elm has version 1.1.0');
    expect(message).toContain(`elm was refused 1 s ago: ${reason}`);
    expect(message).not.toContain('fir');
    expect(fix).toBe('install 1.2.3 there, and start it again');
  });
});

forEachEngine((engine) => {
  const isHere = engine.name === 'mysql' && redisSkipReason === undefined;
  describe.skipIf(!isHere)(
    `npm run doctor with QUEUE=redis (${redisSkipReason ?? 'Redis'})`,
    () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-doctor-'));
      let redis: OwnRedis | undefined;
      afterEach(async () => {
        await redis?.stop();
        redis = undefined;
        rmSync(folder, { recursive: true, force: true });
      });

      const ask = (url: string): ((name: string) => Finding | undefined) => {
        const location = engine.location();
        if (location.engine !== 'mysql') throw new Error('Workers need MySQL');
        const env = {
          ...{ PATH: process.env['PATH'], DATA_DIR: path.join(folder, 'data'), API_PORT: '0' },
          ...{ EXCHANGE: 'demo', PYTHON: '/nonexistent/python', BOTS: 'catboost' },
          ...{ MYSQL_ENABLED: 'true', QUEUE: 'redis', REDIS_URL: url },
          ...mysqlSettings(location),
        };
        const script = path.join(PROJECT_DIR, 'scripts/doctor.mjs');
        const { stdout } = spawnSync(process.execPath, [script, '--json'], {
          ...{ cwd: PROJECT_DIR, env, encoding: 'utf8' },
        });
        const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
        return (name) => findings.find((finding) => finding.name === name);
      };

      it('looks at Redis and at the workers that the database knows', async () => {
        const { stores } = await engine.open();
        redis = await OwnRedis.start();
        await withRedis(redis.url, (own) => own.config('SET', 'maxmemory-policy', 'allkeys-lru'));
        await stores.workers.register(worker({ version: PROGRAM_VERSION }));
        await stores.workers.register(worker({ uid: 'v', host: 'elm', version: '0.0.1' }));
        const find = ask(redis.url);
        expect(find('redis')).toMatchObject({
          status: 'warning',
          fix: 'set maxmemory-policy noeviction in redis.conf',
        });
        expect(find('workers')?.message).toContain('2 at work');
        expect(find('workers')?.message).toContain('elm has version 0.0.1');
      });

      it('names what is silent or away', async () => {
        const { stores, database } = await engine.open();
        redis = await OwnRedis.start();
        await stores.workers.register(worker({ version: PROGRAM_VERSION }));
        const { location } = database;
        const name = location.engine === 'mysql' ? location.database : '';
        const silence = `seen_at = seen_at - ${DEAD_AFTER_MS + MINUTE_MS}`;
        await onMysqlServer(`UPDATE \`${name}\`.workers SET ${silence}`);
        const find = ask(redis.url);
        expect(find('redis')?.status).toMatch(/ok|warning/);
        expect(find('workers')?.message).toMatch(/none is at work; oak is silent for 1 min/);
        const { url } = redis;
        await redis.kill();
        const without = ask(url);
        expect(without('redis')).toMatchObject({
          status: 'failed',
          fix: 'check REDIS_URL, and that Redis runs',
        });
        expect(without('workers')).toBeUndefined();
      });
    },
  );
});
