import type { Settings } from '../../config/settings.js';
import { needsTorch } from '../domain/bots.js';
import { ConfigError } from '../lib/errors.js';
import type { checkPython } from '../training/trainer-process/check-python.js';
import { findPython, trainerDir } from '../training/trainer-process/python-command.js';
import { requireTorch } from '../training/trainer-process/torch-extra.js';
import { PROJECT_DIR } from './project-dir.js';

/**
 * Refuses a bot whose library is an extra that is not installed: it would fail at each training, for ever. Where
 * workers train it is theirs to have it.
 *
 * @throws ConfigError naming the bot and the command
 */
export async function assertBotLibraries(
  { bots, queue, python: given }: Settings,
  tools: { readonly checkPython: typeof checkPython; readonly signal: AbortSignal },
): Promise<void> {
  const bot = bots.find(needsTorch);
  if (bot === undefined || queue === 'redis') return;
  const python = findPython({ python: given, projectDir: PROJECT_DIR });
  const check = requireTorch(
    await tools.checkPython(python, trainerDir(PROJECT_DIR), tools.signal),
  );
  if (check.status === 'ok') return;
  throw new ConfigError(
    `BOTS names ${bot}, which cannot train: ${check.message}. Run: ${check.fix}`,
  );
}
