#!/usr/bin/env node
// Installs what is missing: Node packages, the Python trainer, the build, the dashboard. Needs nothing but Node itself,
// because it runs before anything is installed. Fast when all is done; safe to interrupt and to start
// twice at once, because each step ends by renaming a stamp into place and a lock lets one work at a time.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './setup-lock.mjs';
import { sourceFiles } from './source-files.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAMPS = path.join(ROOT, '.cache', 'setup');
const LOG = path.join(ROOT, '.cache', 'setup', 'last.log');
const DASHBOARD = path.join(ROOT, 'dashboard');
const PYTHON_CANDIDATES = ['python3.13', 'python3.12', 'python3.11', 'python3'];
const MIN_NODE = [20, 19];
/** Builds of PyTorch for the processor alone: those of PyPI bring the libraries of a graphics card. */
const TORCH_INDEX = 'https://download.pytorch.org/whl/cpu';
const TORCH_SIZE = 'downloads 192 MB and takes 760 MB on disk';
/** What the one wheel of `trainer/torch.lock` is for, as it is delivered; `lock.py --torch` adds others. */
const TORCH_PYTHON = 'python3.11';
const TORCH_PLACE = `linux x64 ${TORCH_PYTHON}`;

/** @typedef {{ name: string, isDone: () => boolean, run: () => Promise<void>, isOptional?: boolean, fix?: string }} Step */

/**
 * Brings the checkout to a state in which it runs.
 * @param {{ withTorch?: boolean }} [wanted] an extra, once installed, is kept up by every later setup
 */
export async function setup({ withTorch = false } = {}) {
  assertNode();
  mkdirSync(STAMPS, { recursive: true });
  const all = () => steps(withTorch);
  if (all().every((step) => step.isDone())) return;
  await withLock(path.join(STAMPS, 'lock'), async () => {
    writeFileSync(LOG, '');
    for (const step of all()) if (!step.isDone()) await runStep(step);
  });
}

function assertNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = MIN_NODE;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new Error(
    `Node ${process.versions.node} is too old; install Node ${MIN_NODE.join('.')} or newer`,
  );
}

/**
 * @param {boolean} withTorch
 * @returns {Step[]}
 */
function steps(withTorch) {
  return [
    {
      name: 'Node packages',
      isDone: () =>
        isStamped('packages', packagesKey()) && existsSync(path.join(ROOT, 'node_modules')),
      run: installPackages,
    },
    {
      name: 'program',
      isDone: () =>
        isStamped('build', buildKey()) && existsSync(path.join(ROOT, 'dist/src/main.js')),
      run: build,
    },
    {
      name: 'Python trainer',
      isDone: isTrainerDone,
      run: () => installTrainer(withTorch),
      isOptional: true,
      fix: 'Without it the daemon runs on fallback signals. Install Python 3.11 to 3.13 with venv and pip (Debian: apt-get install python3 python3-venv), then: npm run setup',
    },
    ...(withTorch || existsSync(path.join(STAMPS, 'torch')) ? [torchStep(withTorch)] : []),
    {
      name: 'dashboard',
      isDone: () =>
        isStamped('dashboard', dashboardKey()) &&
        existsSync(path.join(DASHBOARD, 'dist', 'index.html')),
      run: buildDashboard,
      isOptional: true,
      fix: 'Without it the daemon runs all the same, and its API and commands answer. Mend what is said above, then: npm run setup',
    },
  ];
}

/**
 * @param {boolean} isAsked
 * @returns {Step}
 */
function torchStep(isAsked) {
  return {
    name: `PyTorch (${TORCH_SIZE})`,
    isDone: isTorchDone,
    run: installTorch,
    isOptional: !isAsked,
    fix: 'Without it the bots lstm and transformer cannot train. Mend what is said above, then: npm run setup -- --with torch',
  };
}

/** @param {Step} step */
async function runStep(step) {
  const started = process.hrtime.bigint();
  const stopTicking = showProgress(step.name);
  try {
    await step.run();
    stopTicking(`ready in ${Number((process.hrtime.bigint() - started) / 1_000_000_000n)} s`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    stopTicking(`failed: ${message}`);
    if (step.isOptional !== true) throw error;
    process.stderr.write(`setup: ${step.fix}\n`);
  }
}

/**
 * One line that grows on a terminal, two lines elsewhere.
 * @param {string} name
 */
function showProgress(name) {
  const started = Date.now();
  const isTerminal = process.stderr.isTTY;
  process.stderr.write(`setup: ${name} …${isTerminal ? '' : '\n'}`);
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    if (isTerminal) process.stderr.write(`\rsetup: ${name} … ${seconds} s `);
  }, 1000);
  return (/** @type {string} */ end) => {
    clearInterval(timer);
    process.stderr.write(`${isTerminal ? '\r' : ''}setup: ${name}: ${end}\n`);
  };
}

async function installPackages() {
  const key = packagesKey();
  const isClean = existsSync(path.join(ROOT, 'node_modules'));
  // `npm ci` removes node_modules first, so an interrupted install leaves nothing half done behind.
  await run('npm', ['ci', '--no-audit', '--no-fund', ...(isClean ? ['--prefer-offline'] : [])], {
    ONNXRUNTIME_NODE_INSTALL: 'skip',
  });
  stamp('packages', key);
}

async function build() {
  const key = buildKey();
  await run(process.execPath, [path.join('scripts', 'build.mjs')]);
  stamp('build', key);
}

async function buildDashboard() {
  const key = dashboardKey();
  const packages = hashOf(['dashboard/package-lock.json'], process.version);
  const hasPackages = existsSync(path.join(DASHBOARD, 'node_modules', 'vite'));
  if (!hasPackages || !isStamped('dashboard-packages', packages)) {
    await run('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], {}, DASHBOARD);
    stamp('dashboard-packages', packages);
  }
  const vite = path.join(DASHBOARD, 'node_modules', 'vite', 'bin', 'vite.js');
  const heap = '--max-old-space-size=256';
  await run(process.execPath, [heap, vite, 'build', '--logLevel', 'warn'], {}, DASHBOARD);
  stamp('dashboard', key);
}

function isTrainerDone() {
  if (process.env['PYTHON'] !== undefined)
    return isStamped('trainer', `given ${process.env['PYTHON']}`);
  return isStamped('trainer', trainerKey()) && existsSync(venvPython());
}

/** @param {boolean} withTorch */
async function installTrainer(withTorch) {
  const key = trainerKey();
  if (process.env['PYTHON'] !== undefined) {
    await checkTrainer(process.env['PYTHON']);
    stamp('trainer', `given ${process.env['PYTHON']}`);
    return;
  }
  const isTorchWanted = withTorch || existsSync(path.join(STAMPS, 'torch'));
  const python = await findPython(isTorchWanted ? [TORCH_PYTHON] : []);
  const fresh = path.join(ROOT, '.venv');
  rmSync(fresh, { recursive: true, force: true });
  await run(python, ['-m', 'venv', fresh]);
  await installLock('requirements.lock');
  await checkTrainer(venvPython());
  stamp('trainer', key);
}

/**
 * @param {string} name of a list in `trainer`, every wheel of it with its hash
 * @param {string[]} [flags]
 */
async function installLock(name, flags = []) {
  const lock = path.join(ROOT, 'trainer', name);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--no-deps'];
  const strict = ['--require-hashes', '--only-binary', ':all:'];
  await run(venvPython(), [...pip, ...strict, ...flags, '-r', lock]);
}

function isTorchDone() {
  const given = process.env['PYTHON'];
  if (given !== undefined) return isStamped('torch', `given ${given}`);
  return isStamped('torch', torchKey()) && existsSync(torchFolder());
}

/** Not part of the trainer's own list: it is seven times as large as all of that together. */
async function installTorch() {
  const given = process.env['PYTHON'];
  if (given !== undefined) {
    await checkTrainer(given, ['torch']);
    stamp('torch', `given ${given}`);
    return;
  }
  if (!existsSync(venvPython())) throw new Error('the Python trainer is not installed');
  assertTorchLocked();
  await installLock('torch.lock', ['--index-url', TORCH_INDEX]);
  await checkTrainer(venvPython(), ['torch']);
  stamp('torch', torchKey());
}

/**
 * @param {string} python
 * @param {string[]} [extras] imported as well
 */
async function checkTrainer(python, extras = []) {
  const check = ['-m', 'evenkeel_trainer', '--check', ...extras];
  await run(python, check, {}, path.join(ROOT, 'trainer'));
}

/** @param {string[]} preferred */
async function findPython(preferred) {
  for (const candidate of [...preferred, ...PYTHON_CANDIDATES]) {
    const test = 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else 1)';
    const isUsable = await run(candidate, ['-c', test]).then(
      () => true,
      () => false,
    );
    if (isUsable) return candidate;
  }
  throw new Error(`no Python 3.11 to 3.13 among ${PYTHON_CANDIDATES.join(', ')}`);
}

function venvPython() {
  return path.join(ROOT, '.venv', 'bin', 'python');
}

function packagesKey() {
  // The lock names all that is installed; a changed script in package.json installs nothing.
  return hashOf(['package-lock.json'], process.version);
}

function trainerKey() {
  return hashOf(['trainer/requirements.lock'], '');
}

/** A new list of the trainer makes its folder anew, and what was installed into the old one is gone. */
function torchKey() {
  return hashOf(['trainer/requirements.lock', 'trainer/torch.lock'], '');
}

function torchFolder() {
  return path.join(ROOT, '.venv', 'lib', venvLibrary(), 'site-packages', 'torch');
}

/** Such as `python3.11`. */
function venvLibrary() {
  const folder = path.join(ROOT, '.venv', 'lib');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.find((name) => name.startsWith('python3')) ?? 'no Python';
}

/** pip would only say that no hash matches. A lock that was extended has more than one, and pip decides. */
function assertTorchLocked() {
  const here = `${process.platform} ${process.arch} ${venvLibrary()}`;
  const lock = readFileSync(path.join(ROOT, 'trainer', 'torch.lock'), 'utf8');
  if (here === TORCH_PLACE || lock.split('--hash=').length > 2) return;
  throw new Error(
    `trainer/torch.lock has the hash of the wheel for ${TORCH_PLACE} alone, and this is ${here}. Add yours: run "python3 lock.py --torch" in trainer where download.pytorch.org answers. Or install ${TORCH_PYTHON} and remove .venv`,
  );
}

function buildKey() {
  const folders = ['config', 'migrations', 'src', 'scripts', 'test', 'bench', 'trainer'];
  return sourcesKey(
    folders,
    ['.ts', '.py'],
    [
      ...['build.mjs', 'build-ccxt.mjs', 'build-id.mjs', 'source-files.mjs'].map(
        (file) => `scripts/${file}`,
      ),
      ...['tsconfig.json', 'package-lock.json'],
      'trainer/requirements.lock',
    ],
  );
}

function dashboardKey() {
  const files = ['index.html', 'vite.config.ts', 'package-lock.json'];
  return sourcesKey(
    ['dashboard/src'],
    ['.ts', '.vue', '.css', '.svg'],
    files.map((file) => `dashboard/${file}`),
  );
}

/**
 * Sizes and times of all sources: cheap to read, and any edit changes it.
 * @param {string[]} folders
 * @param {string[]} endings
 * @param {string[]} read files whose contents count
 */
function sourcesKey(folders, endings, read) {
  const facts = sourceFiles(ROOT, folders, endings).map((file) => {
    const { size, mtimeMs } = statSync(path.join(ROOT, file));
    return `${file} ${size} ${mtimeMs}`;
  });
  return hashOf(read, facts.join('\n'));
}

/**
 * @param {string[]} files
 * @param {string} extra
 */
function hashOf(files, extra) {
  const hash = createHash('sha256').update(extra);
  for (const file of files) {
    const full = path.join(ROOT, file);
    if (existsSync(full)) hash.update(readFileSync(full));
  }
  return hash.digest('hex');
}

/** @param {string} name @param {string} key */
function isStamped(name, key) {
  const file = path.join(STAMPS, name);
  return existsSync(file) && readFileSync(file, 'utf8') === key;
}

/** @param {string} name @param {string} key */
function stamp(name, key) {
  const temporary = path.join(STAMPS, `${name}.${process.pid}`);
  writeFileSync(temporary, key);
  renameSync(temporary, path.join(STAMPS, name));
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [extraEnvironment]
 * @param {string} [cwd]
 * @returns {Promise<void>}
 */
function run(command, args, extraEnvironment = {}, cwd = ROOT) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...extraEnvironment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let tail = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      writeFileSync(LOG, chunk, { flag: 'a' });
      tail = (tail + chunk.toString()).slice(-2000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new Error(`${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(new Error(`${command} ended with ${signal ?? code} (log: ${LOG})\n${tail.trim()}`));
    });
  });
}

/** @param {string[]} args */
function readExtras(args) {
  const [flag, name, ...more] = args.flatMap((arg) => arg.split('='));
  if (flag === undefined) return {};
  if (flag === '--with' && name === 'torch' && more.length === 0) return { withTorch: true };
  throw new Error(`"${args.join(' ')}" is not known; there is --with torch`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await setup(readExtras(process.argv.slice(2)));
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    const fix =
      code === 'EACCES' ? `. Run it as the owner of ${ROOT}, or make that folder yours` : '';
    process.stderr.write(`setup: ${message}${fix}\n`);
    process.exitCode = 1;
  }
}
