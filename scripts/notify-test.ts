import { Command, CommanderError } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import { createChannels } from '../src/daemon/create-notifications.js';
import { SystemClock } from '../src/lib/clock.js';
import { ConfigError, messageOf } from '../src/lib/errors.js';
import { newUid } from '../src/lib/uid.js';
import type { Message } from '../src/notifications/channel.js';
import { quietLogger } from './quiet-logger.js';

const HELP = `
Sends one message through each channel that the NOTIFY_ settings set up, at once and beside the outbox, also in quiet
hours. Says of each whether its receiver took it.

Exit codes: 0 all took it, 1 some did not, 2 wrong usage, 78 no channel is set up, or a setting must be mended first.`;

const EXIT = { fine: 0, failed: 1, usage: 2, config: 78 } as const;

async function main(): Promise<number> {
  const program = new Command('npm run notify:test --')
    .description('Tests the channels of notifications.')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  try {
    program.parse(process.argv);
    return await send();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`notify:test: ${error.message}\n`);
    return EXIT.config;
  }
}

async function send(): Promise<number> {
  const { settings } = readSettings(readEnvironment());
  const channels = createChannels(settings, { version: 'test', logger: quietLogger });
  if (channels.length === 0) {
    throw new ConfigError('no channel is set up; docs/notifications.md says how');
  }
  const { signal } = new AbortController();
  let isFailed = false;
  for (const channel of channels) {
    try {
      await channel.send(testMessage(), signal);
      process.stdout.write(`${channel.name}: taken\n`);
    } catch (error) {
      isFailed = true;
      process.stdout.write(`${channel.name}: not taken: ${messageOf(error)}\n`);
    }
  }
  return isFailed ? EXIT.failed : EXIT.fine;
}

function testMessage(): Message {
  const at = new SystemClock().wallMs();
  const uid = newUid(at);
  const [title, text] = ['A test of the notifications', 'Nothing happened: npm run notify:test.'];
  return {
    uid,
    event: 'daemon_started',
    level: 'info',
    title,
    text,
    items: [{ key: `test:${uid}`, title, text, data: { test: true }, at }],
    mayBeRepeated: false,
  };
}

process.exitCode = await main();
