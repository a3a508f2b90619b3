/** Holds the lock of a folder, says so and waits to be killed: node lock-holder-child.js FOLDER HOLDER. */
import { DataDirLock, type LockHolder } from '../../src/coordination/data-dir-lock.js';

const [folder = '', holder = ''] = process.argv.slice(2);
const lock = new DataDirLock(folder);
lock.acquire(JSON.parse(holder) as LockHolder);
process.stdout.write('held\n');
// A lock that nothing refers to is closed with its database as soon as Node collects it.
setInterval(() => lock, 1000);
