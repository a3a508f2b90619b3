import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_DIR } from '../../test/trainer/real-trainer.js';

/** The shell command that `npm run NAME` runs after the set-up, with its memory options. */
export function npmCommand(name: string): string {
  const manifest = readFileSync(path.join(PROJECT_DIR, 'package.json'), 'utf8');
  const { scripts } = JSON.parse(manifest) as { scripts: Readonly<Record<string, string>> };
  const command = scripts[name]?.split('&&').at(-1)?.trim() ?? '';
  if (!/(^| )exec node /.test(command)) throw new Error(`npm run ${name} ends in "${command}"`);
  return command;
}

/** The options that it gives to Node. */
export function npmNodeOptions(name: string): readonly string[] {
  return npmCommand(name)
    .split(' ')
    .filter((word) => word.startsWith('--'));
}
