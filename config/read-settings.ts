import { needsTorch, trainerMbOf } from '../src/domain/bots.js';
import { ConfigError } from '../src/lib/errors.js';
import { editDistance } from '../src/lib/near-names.js';
import { readEnvFile } from './env-file.js';
import { fileVariable, readSecretFiles, secretNames } from './secret-files.js';
import type { Setting } from './setting.js';
import { propertyName, SETTINGS, type Settings } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ReadSettingsResult {
  readonly settings: Settings;
  /** Names that were given and mean nothing, but resemble a setting. */
  readonly warnings: readonly string[];
}

/** Where values come from, before they are read. */
export interface SettingSources {
  /** All of them together: what is read. */
  readonly environment: Environment;
  /** Names of the variables of the process that are set. */
  readonly fromProcess: ReadonlySet<string>;
  /** For a secret that lies in a file: what names the file. */
  readonly secretOrigins: ReadonlyMap<string, string>;
}

/**
 * The process's environment, below it the `.env` file of the working directory, and the secrets that lie
 * in files of their own: a variable that is set wins over the `.env` file's. The only place that reads
 * `process.env`.
 *
 * @throws ConfigError for a file that cannot be read, and for a secret that is given twice
 */
export function readSources(file = '.env'): SettingSources {
  const { variables } = readEnvFile(file);
  const given = { ...variables, ...process.env };
  const secrets = readSecretFiles(given);
  const values = [...secrets].map(([name, { value }]) => [name, value] as const);
  return {
    environment: { ...given, ...Object.fromEntries(values) },
    fromProcess: new Set(Object.keys(process.env)),
    secretOrigins: new Map([...secrets].map(([name, { origin }]) => [name, origin])),
  };
}

/** What `readSources` finds, for those who need not know where it comes from. */
export function readEnvironment(file?: string): Environment {
  return readSources(file).environment;
}

/** What in the `.env` file of the working directory has no effect. */
export function findFileWarnings(file = '.env'): readonly string[] {
  return readEnvFile(file).warnings;
}

/**
 * Reads every setting of the table.
 * @throws ConfigError naming each malformed or out-of-range value, what was read and what is expected.
 */
export function readSettings(environment: Environment): ReadSettingsResult {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of SETTINGS) {
    const value = readOne(name, setting, environment[name]);
    if (value.status === 'refused') problems.push(value.problem);
    else values[propertyName(name)] = value.value;
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  const settings = values as unknown as Settings;
  problems.push(...findContradictions(settings));
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return { settings, warnings: [...findMisspelt(environment), ...findDoubled(settings)] };
}

type ReadOne =
  | { readonly status: 'read'; readonly value: unknown }
  | { readonly status: 'refused'; readonly problem: string };

function readOne(name: string, setting: Setting<unknown>, raw: string | undefined): ReadOne {
  const given = raw?.trim();
  if (given === undefined) return { status: 'read', value: setting.defaultValue };
  // A password may be empty on purpose; any other variable set to nothing is one not set.
  if (given === '' && setting.mayBeEmpty !== true) {
    return { status: 'read', value: setting.defaultValue };
  }
  const value = setting.read(given);
  if (value !== undefined) return { status: 'read', value };
  const shown = setting.isSecret === true ? 'a secret value' : `"${given}"`;
  return { status: 'refused', problem: `${name} is ${shown}; expected ${setting.expected}` };
}

/** Values that are fine alone and wrong together. */
export function findContradictions(settings: Settings): string[] {
  return [
    ...findMissingMysql(settings),
    ...findApiProblems(settings),
    ...findTrading(settings),
    ...findNarrowMemory(settings),
    ...findHalfQueue(settings),
    ...findHalfStore(settings),
    ...findHalfChannels(settings),
  ];
}

function findMissingMysql(settings: Settings): string[] {
  if (!settings.mysqlEnabled) return [];
  const required = {
    MYSQL_HOST: settings.mysqlHost,
    MYSQL_USER: settings.mysqlUser,
    MYSQL_PASSWORD: settings.mysqlPassword,
    MYSQL_DB: settings.mysqlDb,
  };
  const missing = Object.entries(required).flatMap(([name, value]) =>
    value === undefined ? [name] : [],
  );
  if (missing.length === 0) return [];
  return [
    `MYSQL_ENABLED=true also needs ${missing.join(', ')}; give them or set MYSQL_ENABLED=false`,
  ];
}

const LOOPBACK_HOSTS = new Set(['127.0.0.1', '::1', 'localhost']);
const MIN_TOKEN_LENGTH = 16;

function findApiProblems({ apiHost, apiToken }: Settings): string[] {
  if (apiToken !== undefined && apiToken.length < MIN_TOKEN_LENGTH) {
    return [`API_TOKEN is too short; expected at least ${MIN_TOKEN_LENGTH} characters`];
  }
  if (LOOPBACK_HOSTS.has(apiHost) || apiToken !== undefined) return [];
  return [`API_HOST is "${apiHost}", which others can reach; set API_TOKEN, or API_HOST=127.0.0.1`];
}

function findTrading(settings: Settings): string[] {
  const problems: string[] = [];
  const { tradeTimeframe, timeframes, tradeBot, bots } = settings;
  if (tradeTimeframe !== undefined && !timeframes.includes(tradeTimeframe)) {
    problems.push(
      `TRADE_TIMEFRAME is "${tradeTimeframe}"; expected one of TIMEFRAMES (${timeframes.join(', ')})`,
    );
  }
  if (tradeBot !== undefined && !bots.includes(tradeBot)) {
    problems.push(`TRADE_BOT is "${tradeBot}"; expected one of BOTS (${bots.join(', ')})`);
  }
  if (settings.vectorStore === 'qdrant' && settings.qdrantUrl === undefined) {
    problems.push('VECTOR_STORE=qdrant also needs QDRANT_URL');
  }
  if (settings.catboostBootstrapType === 'Bayesian' && settings.catboostSubsample !== undefined) {
    problems.push(
      'CATBOOST_SUBSAMPLE does not go with CATBOOST_BOOTSTRAP_TYPE=Bayesian; leave one of them out',
    );
  }
  if (settings.modelMaxAgeHours < settings.modelStaleHours) {
    problems.push(
      'MODEL_MAX_AGE_HOURS is below MODEL_STALE_HOURS; a model must expire after it is stale',
    );
  }
  return problems;
}

/** Trainers side by side may all have a job of the bot that takes most. */
function findNarrowMemory({ bots, trainProcesses, trainMemoryMb }: Settings): string[] {
  const count = trainProcesses === 'auto' ? 1 : trainProcesses;
  const neededMb = count * trainerMbOf(bots).least;
  if (neededMb <= trainMemoryMb) return [];
  const deep = bots.find(needsTorch);
  const named = [
    ...(trainProcesses === 'auto' ? [] : [`TRAIN_PROCESSES=${count}`]),
    ...(deep === undefined ? [] : [`${deep} in BOTS`]),
  ].join(' with ');
  return [`${named} needs TRAIN_MEMORY_MB=${neededMb} at least; it is ${trainMemoryMb}`];
}

function findHalfQueue({ queue, redisUrl, mysqlEnabled }: Settings): string[] {
  if (queue !== 'redis') return [];
  const problems = redisUrl === undefined ? ['QUEUE=redis also needs REDIS_URL'] : [];
  if (mysqlEnabled) return problems;
  const why = 'workers cannot share a SQLite file';
  return [...problems, `QUEUE=redis also needs MYSQL_ENABLED=true: ${why}`];
}

function findHalfStore(settings: Settings): string[] {
  if (settings.artifacts !== 's3') return [];
  const { s3Endpoint, s3Bucket, s3AccessKeyId, s3SecretAccessKey } = settings;
  const missing = Object.entries({
    S3_ENDPOINT: s3Endpoint,
    S3_BUCKET: s3Bucket,
    S3_ACCESS_KEY_ID: s3AccessKeyId,
    S3_SECRET_ACCESS_KEY: s3SecretAccessKey,
  }).filter(([, value]) => value === undefined);
  if (missing.length === 0) return [];
  return [`ARTIFACTS=s3 also needs ${missing.map(([name]) => name).join(', ')}`];
}

/** Channels of notifications that lack a part. */
function findHalfChannels(settings: Settings): string[] {
  const groups: readonly Readonly<Record<string, unknown>>[] = [
    {
      NOTIFY_TELEGRAM_TOKEN: settings.notifyTelegramToken,
      NOTIFY_TELEGRAM_CHAT_ID: settings.notifyTelegramChatId,
    },
    {
      NOTIFY_SMTP_URL: settings.notifySmtpUrl,
      NOTIFY_EMAIL_FROM: settings.notifyEmailFrom,
      NOTIFY_EMAIL_TO: settings.notifyEmailTo.length === 0 ? undefined : settings.notifyEmailTo,
    },
  ];
  const problems = groups.flatMap((group) => {
    const names = Object.keys(group);
    const missing = names.filter((name) => group[name] === undefined);
    if (missing.length === 0 || missing.length === names.length) return [];
    return [`${names.join(', ')} go together; also give ${missing.join(', ')}, or none of them`];
  });
  if (settings.notifyWebhookSecret === '') {
    problems.push('NOTIFY_WEBHOOK_SECRET is empty and signs nothing; give a key, or leave it out');
  }
  if (settings.notifyWebhookSecret !== undefined && settings.notifyWebhookUrl === undefined) {
    problems.push('NOTIFY_WEBHOOK_SECRET also needs NOTIFY_WEBHOOK_URL');
  }
  return problems;
}

/** Two names of one setting that say different things. */
function findDoubled({ trainBatchSize, trainingBatchSize }: Settings): string[] {
  if (trainBatchSize === undefined || trainingBatchSize === undefined) return [];
  if (trainBatchSize === trainingBatchSize) return [];
  return [
    `TRAIN_BATCH_SIZE=${trainBatchSize} and TRAINING_BATCH_SIZE=${trainingBatchSize} mean the same; ${trainBatchSize} is taken`,
  ];
}

/** Names that differ from a setting by case or by a typing error. */
function findMisspelt(environment: Environment): string[] {
  const known = [...SETTINGS.keys()];
  const files = new Set(secretNames().map(fileVariable));
  return Object.keys(environment).flatMap((name) => {
    if (files.has(name)) return [];
    const upper = name.toUpperCase();
    if (SETTINGS.has(upper) && upper !== name) {
      return [`${name} is not a setting and has no effect; names are in capitals: ${upper}`];
    }
    if (SETTINGS.has(name) || !/^[A-Z][A-Z0-9_]{3,}$/.test(name)) return [];
    const nearest = known.find((candidate) => isNear(name, candidate));
    return nearest === undefined ? [] : [`${name} is not a setting; did you mean ${nearest}?`];
  });
}

function isNear(name: string, candidate: string): boolean {
  const allowed = candidate.length <= 6 ? 1 : 2;
  if (Math.abs(name.length - candidate.length) > allowed) return false;
  return editDistance(name, candidate) <= allowed;
}
