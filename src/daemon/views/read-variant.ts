import { changeForVariant, sharedByVariants } from '../../../config/variant-settings.js';
import type { Settings } from '../../../config/settings.js';
import type { VariantReading } from '../../api/context/api-context.js';
import { ConfigError } from '../../lib/errors.js';
import type { Instruments } from '../choose-instruments.js';
import { toTrainingOptions } from '../to-training-options.js';

export interface VariantBasis {
  readonly settings: Settings;
  readonly instruments: Pick<Instruments, 'all' | 'primary' | 'reference' | 'timeframes'>;
  readonly venue: string;
}

/** Training as the daemon's settings and those of a variant want it. */
export function readVariant(
  { settings, instruments, venue }: VariantBasis,
  changes: Readonly<Record<string, string>>,
): VariantReading {
  const changed = changeForVariant(settings, changes);
  if (changed.status === 'refused') return changed;
  try {
    const options = toTrainingOptions(changed.settings, instruments, venue);
    return { status: 'read', options, shared: sharedByVariants(changed.settings) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { status: 'refused', name: undefined, reason: error.message };
  }
}
