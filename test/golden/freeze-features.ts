import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { goldenValues } from './feature-rows.js';
import { isSameValue, type FrozenFeatures } from './frozen-features.js';
import { GOLDEN_FOLDER } from './generated-series.js';

/**
 * Writes the values of new features and new versions to frozen-features.json, and refuses when a known
 * `name@version` has other values than before: a changed formula needs a new version first.
 *
 * Usage, after a build: node dist/test/golden/freeze-features.js
 */
function freezeFeatures(file: URL): string {
  const frozen: FrozenFeatures = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as FrozenFeatures)
    : {};
  const values = goldenValues();
  const changed = [...values].filter(([id, now]) => {
    const before = frozen[id];
    return before?.some((value, at) => !isSameValue(value, now[at] ?? NaN));
  });
  if (changed.length > 0) {
    const ids = changed.map(([id]) => id).join(', ');
    throw new Error(`Changed without a new version: ${ids}`);
  }
  const lines = [...values].map(([id, now]) => `  ${JSON.stringify(id)}: ${JSON.stringify(now)}`);
  writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`);
  return `${values.size} features frozen`;
}

process.stdout.write(`${freezeFeatures(new URL('frozen-features.json', GOLDEN_FOLDER))}\n`);
