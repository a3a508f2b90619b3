import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readSettings } from '../../config/read-settings.js';
import { secretNames } from '../../config/secret-files.js';
import { SETTINGS } from '../../config/settings.js';

const bin = (name: string): string => path.resolve('node_modules', '.bin', name);
const dockerfile = readFileSync('Dockerfile', 'utf8');
const compose = readFileSync('compose.yml', 'utf8');

const service = z.object({
  image: z.string(),
  profiles: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  command: z.array(z.string()).default([]),
  healthcheck: z.looseObject({ disable: z.boolean().default(false) }).optional(),
});
const { services, ...made } = z
  .object({
    services: z.record(z.string(), service),
    volumes: z.record(z.string(), z.unknown()),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
  })
  .parse(parse(compose, { merge: true }));
const all = Object.entries(services);
/** What runs the program, with the folder of secrets in its place. */
const ours = all.filter(([, { image }]) => image === 'evenkeel:local');
const ofTeam = ours.filter(([, { profiles }]) => profiles.includes('team'));

/** A value for each secret, of the form that is asked for. */
const SECRETS: Readonly<Record<string, string>> = {
  api_token: 'a-token-of-sixteen-or-more',
  mysql_password: 'a-password',
  redis_url: 'redis://:s3cretOfRedis@redis:6379/0',
  s3_access_key_id: 'a-key',
  s3_secret_access_key: 'the-secret-of-the-key',
};

/** The settings of a service as its container would read them. */
function settingsOf({ environment }: z.output<typeof service>): Record<string, string> {
  const entries = Object.entries(environment).map(([name, value]): [string, string] => {
    const secret = /^\/run\/secrets\/(\w+)$/.exec(value)?.[1];
    return secret === undefined
      ? [name, value]
      : [name.replace(/_FILE$/, ''), SECRETS[secret] ?? ''];
  });
  const ofImage = { API_HOST: '0.0.0.0', DATA_DIR: '/var/lib/evenkeel' };
  return { ...ofImage, ...Object.fromEntries(entries) };
}

/** The image is not built here: no test has a Docker daemon. These look at what can be read. */
describe('the files for containers', () => {
  test('are clean by the linter of compose files', () => {
    const ofCompose = spawnSync(bin('dclint'), ['--max-warnings', '0', 'compose.yml'], {
      encoding: 'utf8',
    });
    expect(ofCompose.stdout + ofCompose.stderr).not.toMatch(/error|warning/);
    expect(ofCompose.status).toBe(0);
  });

  test('keep the rules of linters for images', () => {
    const lines = dockerfile.replace(/\\\n/g, ' ').split('\n');
    const of = (word: string) => lines.filter((line) => line.startsWith(`${word} `));
    for (const from of of('FROM')) expect(from).toMatch(/^FROM \S+:\d[\w.-]*-slim( AS \w+)?$/);
    for (const run of of('RUN').filter((line) => line.includes('apt-get install'))) {
      expect(run).toMatch(
        /apt-get update .*--yes --no-install-recommends .*rm -rf \/var\/lib\/apt/,
      );
    }
    expect([...of('ADD'), ...of('MAINTAINER')]).toEqual([]);
    expect(lines.join('\n')).not.toMatch(/\b(sudo|curl .*\| *sh)\b/);
    expect([...of('ENTRYPOINT'), ...of('CMD')].every((line) => /^\w+ \[".*"\]$/.test(line))).toBe(
      true,
    );
    expect([of('USER').length, of('HEALTHCHECK').length, of('WORKDIR').length]).toEqual([1, 1, 2]);
    for (const folder of of('WORKDIR')) expect(folder).toMatch(/^WORKDIR \//);
  });

  test('copy only what exists, run as a user without rights, and are looked after', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, names = '']) => names.split(' '),
    );
    expect(copied.filter((name) => !existsSync(name))).toEqual([]);
    const kept = [...dockerfile.matchAll(/^COPY --from=build \/opt\/evenkeel\/(\S+) /gm)].map(
      ([, name = '']) => name,
    );
    expect(kept).toContain('dist');
    const made = new Set(['dist', 'dashboard/dist', 'node_modules', '.venv']);
    expect(kept.filter((name) => !made.has(name) && !existsSync(name))).toEqual([]);
    expect(dockerfile).toMatch(/^USER 10001$/m);
    expect(dockerfile).toMatch(/CMD \["node", "dist\/scripts\/container-health\.js"\]/);
    expect(existsSync('scripts/container-health.ts')).toBe(true);
    // onnxruntime needs glibc.
    expect(dockerfile).not.toMatch(/alpine/);
  });

  test('leave nothing out of the build context that building the program needs', () => {
    const leftOut = new Set(readFileSync('.dockerignore', 'utf8').split('\n'));
    const context = mkdtempSync(path.join(tmpdir(), 'evenkeel-context-'));
    try {
      for (const name of readdirSync('.').filter((one) => !leftOut.has(one))) {
        const isPackages = (from: string) => !from.includes('node_modules');
        cpSync(name, path.join(context, name), { recursive: true, filter: isPackages });
      }
      symlinkSync(path.resolve('node_modules'), path.join(context, 'node_modules'));
      const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: context });
      expect(built.stderr.toString()).toBe('');
      expect(existsSync(path.join(context, 'dist/src/main.js'))).toBe(true);
    } finally {
      rmSync(context, { recursive: true, force: true });
    }
  });

  test('give every daemon a read-only root, no capabilities, and secrets only as files', () => {
    const services = compose
      .split(/^ {2}(?=[\w-]+:$)/m)
      .filter((one) => /^[\w-]*daemon:/.test(one));
    expect(services).toHaveLength(2);
    for (const service of services) {
      expect(service).toMatch(/read_only: true/);
      expect(service).toMatch(/cap_drop:\s*(\[ALL\]|- ALL)/);
      expect(service).toMatch(/API_TOKEN_FILE: \/run\/secrets\/api_token/);
      expect(service).toMatch(/127\.0\.0\.1:\d+:8420/);
    }
    expect(compose).not.toMatch(/(?<!RANDOM_ROOT_)(PASSWORD|TOKEN): /);
  });

  test('name only settings that there are, and such that a start takes them', () => {
    expect(ours.map(([name]) => name)).toEqual(['daemon', 'team-daemon', 'worker-1', 'worker-2']);
    const secret = new Set(secretNames());
    for (const [name, one] of ours) {
      for (const [variable, value] of Object.entries(one.environment)) {
        const setting = variable.replace(/_FILE$/, '');
        expect(SETTINGS.has(setting), `${name}: ${variable}`).toBe(true);
        expect(value.startsWith('/run/secrets/'), `${name}: ${variable}`).toBe(secret.has(setting));
      }
      expect(readSettings(settingsOf(one)).warnings).toEqual([]);
    }
  });

  test('have a team of a daemon and two workers that share database, queue and store', () => {
    expect(ofTeam).toHaveLength(3);
    const shared = ofTeam.map(([, one]) => {
      const { settings } = readSettings(settingsOf(one));
      const { mysqlHost, mysqlDb, redisUrl, s3Endpoint, s3Bucket, s3Prefix } = settings;
      expect(settings).toMatchObject({ mysqlEnabled: true, queue: 'redis', artifacts: 's3' });
      return { mysqlHost, mysqlDb, redisUrl, s3Endpoint, s3Bucket, s3Prefix };
    });
    expect(shared[1]).toEqual(shared[0]);
    expect(shared[2]).toEqual(shared[0]);
    const hosts = [shared[0]?.mysqlHost, ...hostsOf(shared[0]?.redisUrl, shared[0]?.s3Endpoint)];
    expect(hosts).toEqual(['mariadb', 'redis', 's3']);
    for (const host of hosts) expect(Object.keys(services)).toContain(host);
    // A DATA_DIR belongs to one process.
    const folders = ours.flatMap(([, { volumes }]) => volumes);
    expect(new Set(folders).size).toBe(folders.length);
    for (const [, { command, healthcheck }] of ofTeam.slice(1)) {
      expect(command.at(-1)).toBe('dist/scripts/worker.js');
      expect(existsSync('scripts/worker.ts')).toBe(true);
      expect(healthcheck?.disable).toBe(true);
    }
  });

  test('define every secret, volume and service that they name', () => {
    for (const [name, { secrets, volumes, depends_on: needs, environment }] of all) {
      for (const secret of secrets) expect(Object.keys(made.secrets), name).toContain(secret);
      const read = Object.values(environment).flatMap(
        (value) => /^\/run\/secrets\/(.+)/.exec(value)?.[1] ?? [],
      );
      for (const secret of read) expect(secrets, name).toContain(secret);
      for (const volume of volumes.filter((one) => !one.startsWith('.'))) {
        expect(Object.keys(made.volumes), name).toContain(volume.split(':')[0]);
      }
      for (const [other, { condition }] of Object.entries(needs)) {
        expect(Object.keys(services), name).toContain(other);
        if (condition === 'service_healthy') expect(services[other]?.healthcheck).toBeDefined();
      }
    }
  });

  test('give Redis the password that the address of the daemon has', () => {
    const [, , script = ''] = services['redis']?.command ?? [];
    const file = path.join(tmpdir(), `evenkeel-redis-url-${process.pid}`);
    writeFileSync(file, `${SECRETS['redis_url']}\n`);
    try {
      const said = script
        .replaceAll('$$', '$')
        .replaceAll('/run/secrets/redis_url', file)
        .replace('exec redis-server', 'printf "%s\\n"');
      const { stdout } = spawnSync('sh', ['-c', said], { encoding: 'utf8' });
      expect(stdout.split('\n').slice(0, 2)).toEqual(['--requirepass', 's3cretOfRedis']);
      expect(stdout).toContain('noeviction');
    } finally {
      rmSync(file);
    }
  });

  const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
  test.skipIf(!hasCompose)('are understood by docker compose (needs its plugin)', () => {
    const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet']);
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
  });
});

function hostsOf(...addresses: readonly (string | undefined)[]): readonly string[] {
  return addresses.map((address) => new URL(address ?? '').hostname);
}
