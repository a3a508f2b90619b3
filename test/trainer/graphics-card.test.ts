import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_PYTHON, PYTHON, TRAINER_DIR } from './real-trainer.js';

const HAS_COMPILER = spawnSync('cc', ['--version']).status === 0;

/** A driver with the three functions that are asked, by their documented signatures and codes. */
const DRIVER = `
#include <string.h>
int cuInit(unsigned int flags) { return INIT; }
int cuDeviceGetCount(int *count) { *count = COUNT; return 0; }
int cuDeviceGetName(char *name, int length, int device) {
  strncpy(name, "NVIDIA T4", length);
  return device;
}
`;
const NO_DEVICE = 100;

describe.skipIf(!HAS_PYTHON || !HAS_COMPILER)(
  'the graphics card that a worker tells of (needs npm run setup and cc)',
  () => {
    let folder: string;
    beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-card-'))));
    afterAll(() => rmSync(folder, { recursive: true }));

    function build(init: number, count: number): void {
      const source = path.join(folder, 'driver.c');
      writeFileSync(source, DRIVER);
      const library = path.join(folder, 'libcuda.so.1');
      const sizes = [`-DINIT=${init}`, `-DCOUNT=${count}`];
      execFileSync('cc', ['-shared', '-fPIC', ...sizes, '-o', library, source]);
    }

    function find(torch: string, libraries: string): unknown {
      const code = `import json, sys; from evenkeel_trainer.check import find_card; print(json.dumps(find_card(sys.argv[1])))`;
      const env = { ...process.env, LD_LIBRARY_PATH: libraries };
      const answer = execFileSync(PYTHON, ['-c', code, torch], { cwd: TRAINER_DIR, env });
      return JSON.parse(answer.toString());
    }

    it('is the first one of the driver', () => {
      build(0, 2);
      expect(find('2.13.0', folder)).toBe('NVIDIA T4');
      expect(find('2.13.0+cu126', folder)).toBe('NVIDIA T4');
    });

    it('is none for a build of PyTorch that only uses processors', () => {
      build(0, 1);
      expect(find('2.13.0+cpu', folder)).toBeNull();
    });

    it('is none where the driver has no card, or cannot be started', () => {
      build(0, 0);
      expect(find('2.13.0', folder)).toBeNull();
      build(NO_DEVICE, 1);
      expect(find('2.13.0', folder)).toBeNull();
    });

    it('is none without a driver', () => {
      expect(find('2.13.0', '/nonexistent')).toBeNull();
    });
  },
);
