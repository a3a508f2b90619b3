import { Campaign, FAULTS, POINTS, type Case, type Outcome } from './campaign.js';
import type { LiveWorld } from './live-world.js';
import type { OutageParty } from './shared-outage.js';

/** What a run of many cases came to. */
export interface CampaignResult {
  cases: number;
  /** Cases in which the fault was met: the others show nothing. */
  met: number;
  /** What did not hold, with the case that shows it. */
  readonly findings: string[];
}

export function newResult(): CampaignResult {
  return { cases: 0, met: 0, findings: [] };
}

/** One case in a world; what it finds is added up. */
export async function runCase(
  world: LiveWorld,
  {
    result,
    outage,
    ...one
  }: Case & { readonly result: CampaignResult; readonly outage?: OutageParty },
): Promise<void> {
  const outcome = await runSafely(new Campaign(world, numberOf(one), outage), one, outage);
  result.cases += 1;
  result.met += outcome.isMet ? 1 : 0;
  const { point, fault, seed } = one;
  for (const found of outcome.found)
    result.findings.push(`${point}, ${fault}, seed ${seed}: ${found}`);
}

/** An error is a finding, and no other trade waits for one that has failed. */
async function runSafely(campaign: Campaign, one: Case, outage?: OutageParty): Promise<Outcome> {
  try {
    return await campaign.run(one);
  } catch (error) {
    void outage?.end();
    return {
      found: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
      isMet: false,
    };
  }
}

function numberOf({ point, fault, seed }: Case): number {
  return (POINTS.indexOf(point) * FAULTS.length + FAULTS.indexOf(fault)) * 1_000 + seed;
}

/** Near stops are met at the exchange now and then, and then there is no sale; far ones are met by nobody. */
export function stopLossPctAt(point: Case['point']): number {
  return point === 'sale' || POINTS.indexOf(point) % 2 === 0 ? 3 : 0.05;
}

/** For the run's record: figures of one point. */
export function say(
  point: Case['point'],
  title: string,
  { cases, met, findings }: CampaignResult,
): void {
  process.stdout.write(
    `${title}, ${point}: ${cases} cases, ${met} met, ${findings.length} findings\n`,
  );
}
