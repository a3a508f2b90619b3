import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const bin = (name: string): string => path.resolve('node_modules', '.bin', name);
const dockerfile = readFileSync('Dockerfile', 'utf8');
const compose = readFileSync('compose.yml', 'utf8');

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

  const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
  test.skipIf(!hasCompose)('are understood by docker compose (needs its plugin)', () => {
    const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet']);
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
  });
});
