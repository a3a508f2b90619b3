import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Files of the folders, by their paths below the root and in the order of these.
 * @param {string} root
 * @param {string[]} folders those that are not there have none
 * @param {string[]} endings
 */
export function sourceFiles(root, folders, endings) {
  return folders
    .filter((folder) => existsSync(path.join(root, folder)))
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && endings.includes(path.extname(entry.name)))
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))),
    )
    .sort();
}
