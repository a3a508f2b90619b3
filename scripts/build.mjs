#!/usr/bin/env node
// Compiles into dist/ what is started by itself, with what several of them share in dist/chunks/: hundreds of
// small files take a third of a second more to load, and 16 MB, for the daemon and each of its workers.
// Types are not checked here but by `npm run verify`: that takes 1.5 GB, which a small machine does not have.
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildCcxt } from './build-ccxt.mjs';
import { buildId } from './build-id.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** An image is built without the last two. */
const FOLDERS = ['src', 'scripts', 'test', 'bench'].filter((folder) =>
  existsSync(path.join(ROOT, folder)),
);
/** What is started by itself, as a command, a thread or a process. */
const STARTED = /^scripts\/.*\.ts$|\/(main|freeze-features)\.ts$|-(worker|child|parent)\.ts$/;

/**
 * Packages that are compiled in, as far as they are used: hundreds of files that every process would load by itself.
 * Those that read files of their own, load natives or are loaded in part are left as they are.
 */
const COMPILED_IN = new Set([
  '@fastify/swagger',
  'cockatiel',
  'decimal.js',
  'fastify',
  'fastify-type-provider-zod',
  'knex',
  'node-cron',
  'p-queue',
  'prom-client',
  'technicalindicators',
  'zod',
]);
/** What knex asks for once it is to speak to such a database. */
const DRIVERS =
  /^(better-sqlite3|mariadb|mysql|mysql2|oracledb|pg|pg-query-stream|sqlite3|tedious)(\/|$)/;

/** @param name as it is imported: `knex/lib/client.js`, `@fastify/swagger` */
function packageOf(name) {
  const parts = name.split('/');
  return parts.slice(0, name.startsWith('@') ? 2 : 1).join('/');
}

const packages = {
  name: 'packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path: name, importer, kind }) => {
      if (kind === 'entry-point') return undefined;
      const isOfPackage = importer.startsWith(path.join(ROOT, 'node_modules'));
      const isCompiledIn = isOfPackage ? !DRIVERS.test(name) : COMPILED_IN.has(packageOf(name));
      return isCompiledIn ? undefined : { external: true };
    });
  },
};

const REQUIRE =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/** A module finds other files by its own place below dist/, also from within a chunk. */
const ownPlaces = {
  name: 'own places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      const source = readFileSync(file, 'utf8');
      if (!source.includes('import.meta.url')) return undefined;
      const place = path.relative(ROOT, file).replace(/\.ts$/, '.js');
      const url = `import.meta.url.replace(/^(.*\\/dist\\/).*$/, ${JSON.stringify(`$1${place}`)})`;
      return { contents: source.replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};

/** Of all that is compiled. */
const shared = {
  metafile: true,
  absWorkingDir: ROOT,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  // knex asks for Node's own modules and for drivers as CommonJS does, ccxt's protobuf as well.
  banner: { js: REQUIRE },
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  // One character above Latin-1 makes V8 keep the whole file at two bytes a character: 2 MB of a daemon.
  charset: 'ascii',
  logLevel: 'warning',
};

const { metafile } = await build({
  ...shared,
  entryPoints: FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => path.join(folder, file))
      .filter((file) => STARTED.test(file) && !/\.(d|test)\.ts$/.test(file)),
  ),
  outdir: 'dist',
  outbase: '.',
  plugins: [packages, ownPlaces],
  // The half of a package that leaves out what is not used.
  mainFields: ['module', 'main'],
  sourcemap: true,
  sourcesContent: false,
});

const ccxtFiles = await buildCcxt(ROOT, shared);

const idFile = path.join(ROOT, 'dist', 'build-id');
// A worker may start while this builds.
writeFileSync(`${idFile}.new`, buildId(ROOT));
renameSync(`${idFile}.new`, idFile);

/** What an earlier build left; only afterwards, so that a build of the same code takes nothing away. */
const outputs = [...Object.keys(metafile.outputs), ...ccxtFiles].map((file) =>
  path.join(ROOT, file),
);
const current = new Set([...outputs, idFile]);
for (const entry of readdirSync(path.join(ROOT, 'dist'), {
  recursive: true,
  withFileTypes: true,
})) {
  const file = path.join(entry.parentPath, entry.name);
  if (entry.isFile() && !current.has(file)) rmSync(file);
}
