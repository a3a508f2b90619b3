import { describe, expect, it } from 'vitest';
import { findServerFault } from './open-mysql.js';

describe('the version of a server', () => {
  it.each([
    '8.0.0',
    '8.4.3',
    '9.1.0',
    '8.0.36-28-log',
    '10.6.0-MariaDB',
    '10.11.6-MariaDB-0+deb12u1',
    '11.4.2-MariaDB-ubu2404',
    '8.0.11-TiDB-v7.5.1',
  ])('%s will do', (version) => {
    expect(findServerFault(version)).toBeUndefined();
  });

  it.each(['5.7.44-log', '5.7.25-TiDB-v6.1.0', '10.5.23-MariaDB', '10.3.39-MariaDB', 'unknown'])(
    '%s is refused by its name and with the oldest that will do',
    (version) => {
      expect(findServerFault(version)).toContain(version);
      expect(findServerFault(version)).toMatch(/at least MySQL 8\.0 or MariaDB 10\.6/);
    },
  );
});
