#!/usr/bin/env node
// Compiles what runs into dist/, file by file. Types are not checked here but by `npm run verify`: that takes 1.5 GB,
// which a small machine does not have, and half a minute.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['config', 'migrations', 'src', 'scripts', 'test', 'bench'];

await build({
  absWorkingDir: ROOT,
  entryPoints: FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      // Tests are read as they are; what they start is compiled.
      .filter((file) => file.endsWith('.ts') && !/\.(d|test)\.ts$/.test(file))
      .map((file) => path.join(folder, file)),
  ),
  outdir: 'dist',
  outbase: '.',
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  charset: 'utf8',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
});
