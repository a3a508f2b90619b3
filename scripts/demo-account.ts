import { Command, CommanderError } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import { ensureKeys, keysFile, type DemoKeys, type KeyRight } from '../src/demo/account/keys.js';
import { demoFolder } from '../src/demo/market/run-state.js';
import { ConfigError, messageOf } from '../src/lib/errors.js';

/** 78 is of `sysexits.h`. */
const EXIT = { done: 0, failed: 1, usage: 2, config: 78 } as const;

interface AccountFlags {
  readonly rights?: readonly string[];
  readonly balance?: readonly string[];
  readonly json: boolean;
}

const RIGHTS: readonly KeyRight[] = ['read', 'trade', 'withdraw'];

const HELP = `
Prints the key of the demo exchange's account, and makes it the first time. The demo obeys it at once, also while it
runs. It signs calls to 127.0.0.1 only; no money is behind it.

  npm run demo:account
  npm run demo:account -- --rights read
  npm run demo:account -- --balance USDT=25000 BNB=2

Balances count from the next run of the market on that has no account yet (npm run demo:reset begins one).

Exit codes: 0 done, 1 the file cannot be written, 2 wrong usage, 78 the file is damaged.`;

function createCommand(): Command {
  return new Command('demo:account')
    .usage('-- [options]')
    .option(
      '--rights <right...>',
      `what the key may do: ${RIGHTS.join(', ')} (default: read trade)`,
    )
    .option('--balance <asset=amount...>', 'what the account holds at first (default: USDT=10000)')
    .option('--json', 'print as JSON', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
}

function main(): number {
  const flags = createCommand().parse().opts<AccountFlags>();
  const folder = demoFolder(readSettings(readEnvironment()).settings.dataDir);
  const keys = ensureKeys(folder, {
    ...(flags.rights === undefined ? {} : { rights: toRights(flags.rights) }),
    ...(flags.balance === undefined ? {} : { balances: toBalances(flags.balance) }),
  });
  process.stdout.write(flags.json ? `${JSON.stringify(keys)}\n` : describe(keys, folder));
  return EXIT.done;
}

function toRights(texts: readonly string[]): KeyRight[] {
  return texts.map((text) => {
    const right = RIGHTS.find((one) => one === text);
    if (right !== undefined) return right;
    throw new RangeError(`--rights: ${text} is none of ${RIGHTS.join(', ')}`);
  });
}

function toBalances(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, asset, amount] = /^([A-Z0-9]{1,20})=(\d+(?:\.\d{1,8})?)$/.exec(text) ?? [];
      if (asset !== undefined && amount !== undefined) return [asset, amount];
      throw new RangeError(`--balance: ${text} is not of the form USDT=10000`);
    }),
  );
}

function describe({ apiKey, secret, rights, balances }: DemoKeys, folder: string): string {
  const held = Object.entries(balances).map(([asset, amount]) => `${amount} ${asset}`);
  return [
    `EXCHANGE_API_KEY=${apiKey}`,
    `EXCHANGE_API_SECRET=${secret}`,
    '',
    `rights: ${rights.join(', ')}; at the beginning of a run: ${held.join(', ')}`,
    `kept in ${keysFile(folder)}`,
    '',
  ].join('\n');
}

try {
  process.exitCode = main();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else {
    process.stderr.write(`demo:account: ${messageOf(error)}\n`);
    if (error instanceof ConfigError) process.exitCode = EXIT.config;
    else process.exitCode = error instanceof RangeError ? EXIT.usage : EXIT.failed;
  }
}
