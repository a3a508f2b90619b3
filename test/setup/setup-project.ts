import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPTS = fileURLToPath(new URL('../../scripts/', import.meta.url));

/** Stands for npm: takes a while, then leaves what `npm ci` would. */
const NPM = `#!/bin/sh
case "$PWD" in */dashboard) for=" for the dashboard" ;; *) for="" ;; esac
echo "npm$for $*" >> "$CALLS"
sleep "\${NPM_SLEEP:-0.3}"
[ -z "$NPM_FAILS" ] || { echo "registry is away" >&2; exit 1; }
mkdir -p node_modules/vite/bin
cat > node_modules/vite/bin/vite.js <<'JS'
const fs = require('node:fs');
fs.appendFileSync(process.env.CALLS, 'vite\\n');
fs.mkdirSync('dist', { recursive: true });
fs.writeFileSync('dist/index.html', '');
JS
`;

/** Stands for the compiler. */
const BUILD = `import fs from 'node:fs';
fs.appendFileSync(process.env.CALLS, 'build\\n');
fs.mkdirSync('dist/src', { recursive: true });
fs.writeFileSync('dist/src/main.js', '');
`;

/** Stands for Python with venv and pip; a venv's own interpreter is a copy of it. */
const PYTHON = `#!/bin/sh
echo "python $*" >> "$CALLS"
[ -z "$PYTHON_FAILS" ] || exit 1
if [ "$2" = venv ]; then mkdir -p "$3/bin" "$3/lib/python3.13"; cp "$0" "$3/bin/python"; fi
exit 0
`;

export interface SetupEnd {
  readonly code: number | null;
  readonly stderr: string;
}

/** A project of its own with the real set-up scripts and stand-ins for npm, Python and the compiler. */
export class SetupProject {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-setup-'));
  readonly stamps = path.join(this.folder, '.cache', 'setup');

  constructor() {
    for (const name of ['scripts', 'bin', 'src', 'trainer', 'dashboard'])
      mkdirSync(this.path(name));
    for (const name of ['setup.mjs', 'setup-lock.mjs', 'source-files.mjs']) {
      copyFileSync(path.join(SCRIPTS, name), this.path('scripts', name));
    }
    for (const [name, text] of Object.entries({ npm: NPM, 'python3.13': PYTHON })) {
      writeFileSync(this.path('bin', name), text);
      chmodSync(this.path('bin', name), 0o755);
    }
    writeFileSync(this.path('scripts', 'build.mjs'), BUILD);
    for (const name of ['package.json', 'package-lock.json', 'tsconfig.json']) {
      writeFileSync(this.path(name), '{}');
    }
    for (const name of ['index.html', 'vite.config.ts', 'package-lock.json']) {
      writeFileSync(this.path('dashboard', name), '');
    }
    mkdirSync(this.path('dashboard', 'src'));
    writeFileSync(this.path('src', 'main.ts'), '');
    writeFileSync(this.path('trainer', 'requirements.lock'), 'catboost');
  }

  path(...parts: string[]): string {
    return path.join(this.folder, ...parts);
  }

  start(
    environment: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): ChildProcess {
    const places = [this.path('bin'), path.dirname(process.execPath), '/usr/bin', '/bin'];
    return spawn(process.execPath, [this.path('scripts', 'setup.mjs'), ...flags], {
      cwd: this.folder,
      env: { PATH: places.join(':'), CALLS: this.path('calls'), ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }

  async run(environment?: Readonly<Record<string, string>>): Promise<SetupEnd> {
    return ended(this.start(environment));
  }

  /** What was called, one line each. */
  calls(): string[] {
    if (!existsSync(this.path('calls'))) return [];
    return readFileSync(this.path('calls'), 'utf8').trimEnd().split('\n');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function ended(child: ChildProcess): Promise<SetupEnd> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })));
}
