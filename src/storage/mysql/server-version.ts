/** The oldest that the schema and the statements are tested on. */
const OLDEST = { MySQL: [8, 0], MariaDB: [10, 6] } as const;

/**
 * What is wrong with a server by the text of its `VERSION()`, undefined when it will do. Servers that
 * speak the protocol under a version of their own, such as `8.0.11-TiDB-v7.5.1`, count as that MySQL.
 */
export function findServerFault(version: string): string | undefined {
  const product = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL';
  const [, major = '', minor = ''] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  const [oldestMajor, oldestMinor] = OLDEST[product];
  const isRecent =
    Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  if (major !== '' && isRecent) return undefined;
  return `the server is ${product} ${version}; at least MySQL 8.0 or MariaDB 10.6 is needed. Update the server`;
}
