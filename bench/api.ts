import type { Benchmark, Figure } from './harness/benchmark.js';
import { load, type LoadResult } from './harness/http-load.js';
import { dashboardNotes, withDashboards } from './open-dashboards.js';
import { withServedMany } from './served-site.js';

const SECONDS = 15;
const CONNECTIONS = 20;

/** P10: how many requests a second the API answers. */
export const api: Benchmark = {
  name: 'api',
  bar: 'P10',
  title: 'requests a second, status and analysis of 100 symbols',
  run({ dashboards }) {
    return withServedMany(async ({ child, symbols }) => {
      const analyses = symbols.map((symbol) => `/api/analysis/${encodeURIComponent(symbol)}`);
      const figures: Figure[] = [];
      await withDashboards(dashboards, child.url, async () => {
        for (const [name, paths] of [
          ['status', ['/api/status']],
          ['analysis', analyses],
        ] as const) {
          const options = { port: child.port, paths, connections: CONNECTIONS };
          await load({ ...options, seconds: 3 });
          const before = (await child.status()).process.cpu_sec;
          const result = await load({ ...options, seconds: SECONDS });
          const cpuSec = (await child.status()).process.cpu_sec - before;
          figures.push(...toFigures(name, result, cpuSec));
        }
      });
      return {
        figures,
        notes: [
          `a real daemon process at rest, SQLite, ${CONNECTIONS} kept connections, ${SECONDS} s each`,
          'the load comes from this process, on the same machine',
          ...dashboardNotes(dashboards),
        ],
      };
    });
  },
};

function toFigures(name: string, result: LoadResult, cpuSec: number): Figure[] {
  const { failed, perSecond, p99Ms, requests } = result;
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return [
    { name: `${name}, throughput`, value: perSecond, unit: 'requests/s', bar: { atLeast: 2000 } },
    { name: `${name}, processor of a request`, value: (1000 * cpuSec) / requests, unit: 'ms' },
    { name: `${name}, p99`, value: p99Ms, unit: 'ms', bar: { atMost: 50 } },
  ];
}
