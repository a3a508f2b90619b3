import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { daemonRig, QUICK } from './daemon-child.js';

const { start, folder } = daemonRig();

/** Node has no sockets of this kind; Python's standard library has. */
const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
`;

function has(program: string, ...parameters: string[]): boolean {
  return spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;
}

const canListen = has('python3', '--version') && has('systemd-notify', '--version');
const canAnalyse = has('systemd-analyze', '--version');

const listeners: ChildProcess[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) {
    const gone = new Promise((resolve) => listener.once('close', resolve));
    listener.kill('SIGKILL');
    await gone;
  }
});

async function listen(file: string): Promise<{ readonly heard: () => string }> {
  const child = spawn('python3', ['-c', LISTENER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  listeners.push(child);
  let heard = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes('bound')) resolve();
    });
  });
  return { heard: () => heard };
}

describe.skipIf(!canListen)('under a supervisor (needs python3 and systemd-notify)', () => {
  test('it says when it serves, that it lives, and that it stops', async () => {
    const socket = path.join(folder(), 'notify');
    const { heard } = await listen(socket);
    const supervision = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' };
    const daemon = start({ environment: { ...QUICK, ...supervision, DATA_DIR: folder() } });
    await daemon.line(/up to date/);
    await daemon.until(() => (/(WATCHDOG=1[^]*){2}/.test(heard()) ? true : undefined), {
      what: 'two feeds of the watchdog',
    });
    expect(heard()).toMatch(/READY=1.*STATUS=serving at http/);
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
    await expect.poll(heard).toContain('STOPPING=1');
    expect(heard()).toContain(`MAINPID=${daemon.pid}`);
  });

  test('a start that is refused never says that it is ready', async () => {
    const socket = path.join(folder(), 'notify');
    const { heard } = await listen(socket);
    const environment = { ...QUICK, NOTIFY_SOCKET: socket, TRADING_MODE: 'live' };
    await start({ environment: { ...environment, DATA_DIR: folder() } }).ended;
    expect(heard()).not.toContain('READY');
  });
});

const UNIT = fileURLToPath(new URL('../../systemd/install.sh', import.meta.url));

describe.skipIf(!canAnalyse)('the unit (needs systemd-analyze: apt-get install systemd)', () => {
  test('is hardened to an exposure of 1.5 at most', async () => {
    const file = path.join(folder(), 'evenkeel.service');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(file, execFileSync('bash', [UNIT, '--dry-run']));
    const parameters = ['security', '--offline=true', '--no-pager', file];
    const { stdout } = spawnSync('systemd-analyze', parameters, { encoding: 'utf8' });
    const [, exposure] = /Overall exposure level.*?: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(exposure)).toBeLessThanOrEqual(1.5);
  });

  test('is one that systemd accepts', async () => {
    const text = execFileSync('bash', [UNIT, '--dry-run'], { encoding: 'utf8' });
    expect(text).not.toMatch(/@[A-Z]+@/);
    expect(text).toMatch(/^ExecStart=\/\S+ .*\/dist\/src\/main\.js$/m);
    expect(text).toMatch(/^RestartPreventExitStatus=78$/m);
  });
});
