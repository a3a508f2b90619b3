import { expect, it } from 'vitest';
import { findRefusal } from './find-refusal.js';

const DAEMON = { venue: 'binance', version: '1.2.0', catalogueHash: 'a'.repeat(64) };

it('does not refuse a worker of the version and the catalogue of the daemon', () => {
  const { version, catalogueHash } = DAEMON;
  expect(findRefusal({ version, catalogueHash }, DAEMON)).toBeUndefined();
});

it('refuses a worker of another catalogue of features, and names both', () => {
  const worker = { version: '1.2.0', catalogueHash: 'b'.repeat(64) };
  expect(findRefusal(worker, DAEMON)).toBe(
    'This worker is version 1.2.0 with the catalogue bbbbbbbbbbbb and the daemon of binance is ' +
      'version 1.2.0 with the catalogue aaaaaaaaaaaa: install the same on both',
  );
});

it('refuses a worker of another version, and names both', () => {
  const refusal = findRefusal({ ...DAEMON, version: '1.1.9' }, DAEMON);
  expect(refusal).toMatch(/^This worker is version 1\.1\.9 .* the daemon .* is version 1\.2\.0 /);
});
