/** Starts the demo exchange as a process, says its id and waits to be killed: node demo-owner-child.js DATA_DIR. */
import { startDemoProcess } from '../../src/demo/demo-process.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';

const [dataDir = ''] = process.argv.slice(2);
const demo = await startDemoProcess({ dataDir, logger: SILENT_LOGGER });
process.stdout.write(`${demo.pid}\n`);
setInterval(() => demo, 1000);
