import { accessSync, constants, mkdirSync } from 'node:fs';
import type { Settings } from '../../config/settings.js';
import { ConfigError, messageOf } from '../lib/errors.js';
import { trainingFolders } from './to-training-options.js';

/**
 * Makes the folder of models where it is missing. Found out at the start: else each job would fail after its fit, and
 * nothing could be fetched from an artifact store.
 *
 * @throws ConfigError naming MODELS_DIR where it cannot be written
 */
export function assertModelsDir(settings: Settings): void {
  const { modelsDir } = trainingFolders(settings);
  try {
    mkdirSync(modelsDir, { recursive: true });
    accessSync(modelsDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const fix = 'make it writable for the user of this process, or set another';
    throw new ConfigError(
      `MODELS_DIR ${modelsDir} cannot be written (${messageOf(error)}); ${fix}`,
      {
        cause: error,
      },
    );
  }
}
