import { OTHER_TABLES } from '../../migrations/index.js';
import {
  choice,
  custom,
  flag,
  integer,
  number,
  optionalText,
  secret,
  secretOf,
  text,
} from '../setting.js';

/** A name that needs no quotes on MySQL, and that no other table has. */
function readTableName(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) return undefined;
  return OTHER_TABLES.includes(name.toLowerCase()) ? undefined : name;
}

/** SQLite takes some texts for databases that are no file. */
function readSqliteFile(file: string): string | undefined {
  return file === '' || /^(:memory:|file:)/i.test(file) ? undefined : file;
}

/** Scheme, host and port: whatever follows would be taken for a part of the bucket. */
function readEndpoint(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, pathname, search, username, origin } = new URL(text);
  const isBare = pathname === '/' && search === '' && username === '';
  return isBare && (protocol === 'http:' || protocol === 'https:') ? origin : undefined;
}

function readBucket(name: string): string | undefined {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) ? name : undefined;
}

/** Goes into the names of objects and, signed, into addresses. */
function readPrefix(prefix: string): string | undefined {
  return /^[A-Za-z0-9._/-]{0,200}$/.test(prefix) && !prefix.startsWith('/') ? prefix : undefined;
}

function readKey(key: string): string | undefined {
  return key === '' || /\s/.test(key) ? undefined : key;
}

const LONGEST_DAYS = 36_500;

/** Days after which a kind of row is deleted. */
function retention(
  defaultDays: number,
  help: string,
  clock: 'market' | 'wall' = 'market',
): ReturnType<typeof number> {
  return number({
    default: defaultDays,
    min: 0,
    max: LONGEST_DAYS,
    unit: 'days',
    clock,
    help: `${help} 0 = for ever.`,
  });
}

export const STORAGE_SETTINGS = {
  DATA_DIR: text({ default: 'data', help: 'Folder of database, models, demo and logs.' }),
  SQLITE_FILE: custom<string | undefined>({
    default: undefined,
    expected:
      'the path of a file: a database in memory would lose positions and orders with the process. To try something out, set DATA_DIR to an empty folder',
    read: readSqliteFile,
    help: 'Default: `evenkeel.sqlite` in DATA_DIR.',
  }),
  MODELS_DIR: optionalText({ help: 'Default: `models` in DATA_DIR.' }),
  ARTIFACTS: choice({
    default: 'file',
    among: ['file', 's3'],
    help: 'Where files of models lie beside MODELS_DIR, for workers on other hosts. `file`: in ARTIFACTS_DIR; without it nowhere, and all share MODELS_DIR. `s3`: in a bucket; needs S3_ENDPOINT, S3_BUCKET and the keys.',
  }),
  ARTIFACTS_DIR: optionalText({
    help: 'With ARTIFACTS=file: a folder that all hosts see, such as a network share; it must exist. Each host then has a MODELS_DIR of its own.',
  }),
  S3_ENDPOINT: custom<string | undefined>({
    default: undefined,
    expected: 'an address like https://s3.example.com, or http://127.0.0.1:8333, without a path',
    read: readEndpoint,
    help: 'Address of the S3 server. It must know conditional puts (If-None-Match).',
  }),
  S3_BUCKET: custom<string | undefined>({
    default: undefined,
    expected: 'the name of a bucket: 3 to 63 small letters, digits, dots or hyphens',
    read: readBucket,
    help: 'Bucket of the models; it must exist.',
  }),
  S3_REGION: text({ default: 'us-east-1', help: 'Region of the bucket.' }),
  S3_PREFIX: custom({
    default: 'evenkeel/',
    expected: 'letters, digits, dots, hyphens and slashes, without a slash in front',
    read: readPrefix,
    help: 'What the names of all objects begin with. Each database needs one of its own.',
  }),
  S3_ACCESS_KEY_ID: secretOf({
    expected: 'an access key, without spaces',
    read: readKey,
    help: 'Access key; it may read, write and delete objects of the bucket.',
  }),
  S3_SECRET_ACCESS_KEY: secretOf({
    expected: 'the secret of the access key, without spaces',
    read: readKey,
    help: 'Secret of the access key.',
  }),
  MYSQL_ENABLED: flag({ default: false, help: 'Store in MySQL or MariaDB in place of SQLite.' }),
  MYSQL_HOST: optionalText({ help: 'Required with MYSQL_ENABLED.' }),
  MYSQL_PORT: integer({ default: 3306, min: 1, max: 65_535, help: 'Port of the server.' }),
  MYSQL_USER: optionalText({ help: 'Required with MYSQL_ENABLED.' }),
  MYSQL_PASSWORD: secret({
    help: 'Required with MYSQL_ENABLED; set to nothing it counts as given.',
  }),
  MYSQL_DB: optionalText({ help: 'Required with MYSQL_ENABLED.' }),
  MYSQL_SSL: choice({
    default: 'prefer',
    among: ['off', 'prefer', 'require', 'verify'],
    help: 'Encryption of the connection (TLS): `off`; `prefer` where the server offers it; `require` always; `verify` always, and the certificate must be signed and name MYSQL_HOST.',
  }),
  MYSQL_SSL_CA: optionalText({
    help: 'With `verify`: file of the certificate that signed the one of the server, as managed databases offer it. Default: those that come with Node.',
  }),
  MYSQL_SSL_CERT: optionalText({
    help: 'File of a certificate of this client, where the server asks for one.',
  }),
  MYSQL_SSL_KEY: optionalText({ help: 'File of the key to MYSQL_SSL_CERT.' }),
  MYSQL_CHARSET: text({ default: 'utf8mb4', help: 'Character set of the connection.' }),
  MYSQL_TIMEZONE: text({ default: '+00:00', help: 'Time zone of the connection.' }),
  MYSQL_MARKET_DATA_TABLE: custom({
    default: 'market_data',
    expected: 'a letter or _ and then up to 63 letters, digits or _, and no name of another table',
    read: readTableName,
    help: 'Name of the candle table on MySQL.',
  }),
  MYSQL_POOL_SIZE: integer({
    default: 8,
    min: 2,
    max: 100,
    unit: 'connections',
    help: 'Connections of the daemon at most; while it trains there is one more. SQLite has one writer and a reader for training.',
  }),
  AUTO_CREATE_SCHEMA: flag({
    default: true,
    help: 'Make what the schema lacks. `false` refuses to start instead and names the command.',
  }),
  AUTO_FALLBACK_DB: flag({
    default: true,
    help: 'Go on with SQLite where MySQL cannot be used at the start; no position is opened then. `false` refuses to start, as live trading does in any case.',
  }),
  RETENTION_PRICES_DAYS: retention(7, 'How long ticker prices are kept.'),
  RETENTION_CANDLES_DAYS: retention(
    0,
    'How long candles are kept, and never less than models need.',
  ),
  RETENTION_PREDICTIONS_DAYS: retention(
    365,
    'How long predictions of models, and answers of shadow models, are kept.',
  ),
  RETENTION_SIGNALS_DAYS: retention(0, 'How long signals without a decision are kept.'),
  RETENTION_DECISIONS_DAYS: retention(0, 'How long decisions and their signals are kept.'),
  RETENTION_EQUITY_DAYS: retention(
    365,
    'How long every value of the books is kept; of earlier days the highest, the lowest and the last stay.',
  ),
  RETENTION_RECONCILIATIONS_DAYS: retention(
    365,
    'How long comparisons of the books with the account at the exchange are kept; the newest of each account stays.',
  ),
  RETENTION_JOBS_DAYS: retention(
    365,
    'How long finished training jobs, their evidence and their base models are kept.',
    'wall',
  ),
  RETENTION_RECORDS_DAYS: retention(
    90,
    'How long records of trainings that left no model are kept; the newest of each instrument stays.',
  ),
  RETENTION_RUNS_DAYS: retention(365, 'How long ended runs of the daemon are kept.', 'wall'),
  RETENTION_QUARANTINE_DAYS: retention(90, 'How long refused candles are kept.', 'wall'),
  RETENTION_IMPORTS_DAYS: retention(
    365,
    'How long it is kept what became of an imported file, and which of its lines were refused.',
    'wall',
  ),
} as const;
