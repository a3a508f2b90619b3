import os from 'node:os';
import { meetsBar, type Benchmark, type BenchmarkResult, type Figure } from './benchmark.js';

export interface Machine {
  readonly node: string;
  readonly cores: number;
  readonly processor: string;
  /** Load average of the last minute: above `cores`, times say little. */
  readonly load: number;
}

export function describeMachine(): Machine {
  const cpus = os.cpus();
  const [load = 0] = os.loadavg();
  const processor = cpus[0]?.model.trim() ?? 'unknown';
  return { node: process.version, cores: cpus.length, processor, load: Number(load.toFixed(1)) };
}

export function toText(benchmark: Benchmark, result: BenchmarkResult, machine: Machine): string {
  const { node, cores, processor, load } = machine;
  return [
    `${benchmark.bar} ${benchmark.title}`,
    ...result.figures.map((figure) => `  ${figureText(figure)}`),
    ...result.notes.map((note) => `  · ${note}`),
    `  · Node ${node}, ${cores} × ${processor}, load ${load}`,
    '',
  ].join('\n');
}

function figureText(figure: Figure): string {
  const { name, unit, baseline } = figure;
  const parts = [name.padEnd(52), `${number(figure.value)} ${unit}`.padEnd(16)];
  if (baseline !== undefined) parts.push(`baseline ${number(baseline)} ${unit}`);
  if (figure.bar !== undefined) parts.push(barText(figure));
  return parts.join(' ').trimEnd();
}

function barText(figure: Figure): string {
  const { bar } = figure;
  if (bar === undefined) return '';
  const limit = 'atMost' in bar ? `≤ ${number(bar.atMost)}` : `≥ ${number(bar.atLeast)}`;
  return `bar ${limit}: ${meetsBar(figure) === true ? 'met' : 'MISSED'}`;
}

function number(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size < 1e-4) return value.toExponential(1);
  return value.toFixed(size >= 100 ? 0 : size >= 1 ? 2 : 4);
}
