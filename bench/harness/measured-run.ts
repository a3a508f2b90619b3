import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { usageOf } from './process-tree.js';
import { PROJECT_DIR } from '../../test/trainer/real-trainer.js';

const POLL_MS = 20;
/** A look at all processes takes milliseconds. */
const TREE_POLL_MS = 250;
const KB_PER_MB = 1024;

export interface MeasuredRun {
  /** From the start of the process to its end. */
  readonly tookSec: number;
  /** Peak resident memory as the kernel counts it; 0 where there is no /proc. */
  readonly peakMb: number;
  /** Highest sum of the resident memory of the process and those that it started. */
  readonly treePeakMb: number;
  /** Processor time of all of them, as far as it was seen before the end. */
  readonly processorSec: number;
  readonly stdout: string;
}

/** Runs a program in the project's folder until it ends. @throws Error with its output, unless it ends with 0 */
export async function runMeasured(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<MeasuredRun> {
  const startedMs = performance.now();
  const child = spawn(command, args, {
    cwd: PROJECT_DIR,
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr, peakKb] = ['', '', 0];
  let [treePeakMb, processorSec] = [0, 0];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const timer = setInterval(() => {
    peakKb = Math.max(peakKb, peakOf(child.pid));
  }, POLL_MS);
  const treeTimer = setInterval(() => {
    const tree = usageOf(child.pid ?? 0);
    treePeakMb = Math.max(treePeakMb, tree.rssMb);
    processorSec = Math.max(processorSec, tree.processorSec);
  }, TREE_POLL_MS);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}${stdout}`);
  } finally {
    clearInterval(timer);
    clearInterval(treeTimer);
  }
  const tookSec = (performance.now() - startedMs) / 1000;
  return { tookSec, peakMb: peakKb / KB_PER_MB, treePeakMb, processorSec, stdout };
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    // The process has just ended.
    return 0;
  }
}
