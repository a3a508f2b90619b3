import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TRAINER_DIR } from './real-trainer.js';

const read = (name: string): Promise<string> => readFile(path.join(TRAINER_DIR, name), 'utf8');
const isPin = (line: string): boolean => line !== '' && !line.startsWith('#');

describe('requirements.lock', () => {
  it('pins what requirements.in names, each with hashes, and nothing else', async () => {
    const wanted = (await read('requirements.in')).split('\n').filter(isPin);
    const blocks = (await read('requirements.lock')).split('\n').filter(isPin).join('\n');
    const locked = blocks.split(/\n(?=\S)/).map((block) => block.split(' \\\n'));
    expect(locked.map(([pin]) => pin).toSorted()).toEqual(wanted.toSorted());
    for (const [, ...hashes] of locked) {
      expect(hashes.length).toBeGreaterThan(0);
      for (const hash of hashes) expect(hash).toMatch(/^ {4}--hash=sha256:[0-9a-f]{64}$/);
    }
  });

  it('has wheels of catboost for three Pythons on Linux (two processors) and macOS', async () => {
    const block = /^catboost==[^#]+?(?=\n\S|$(?!\n))/m.exec(await read('requirements.lock'))?.[0];
    expect(block?.match(/--hash/g)).toHaveLength(9);
  });
});
