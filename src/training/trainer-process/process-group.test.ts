import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { killGroup, readGroup, readGroupByProc, readGroupByPs } from './process-group.js';

const HAS_PROC = process.platform === 'linux';
const HAS_PS = hasPs();

/** A shell and two children of its own, in one group; it says when all of them run. */
async function startFamily(): Promise<{ leader: ChildProcess; groupId: number }> {
  const script = 'sleep 60 & sleep 60 & echo ready; wait';
  const leader = spawn('sh', ['-c', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(leader.stdout, 'data');
  return { leader, groupId: leader.pid ?? 0 };
}

describe('a process group', () => {
  it('counts its living members and what they hold, and is empty once killed', async () => {
    const { leader, groupId } = await startFamily();
    const state = await readGroup(groupId);
    expect(state.members).toHaveLength(3);
    expect(state.members).toContain(groupId);
    expect(state.rssMb).toBeGreaterThan(0.1);
    const closed = once(leader, 'close');
    killGroup(groupId);
    await closed;
    expect(await readGroup(groupId)).toEqual({ members: [], rssMb: 0 });
  });

  it.skipIf(!HAS_PROC || !HAS_PS)('looks the same through /proc and through ps', async () => {
    const { leader, groupId } = await startFamily();
    const [byProc, byPs] = [await readGroupByProc(groupId), await readGroupByPs(groupId)];
    expect(byPs.members.toSorted()).toEqual(byProc.members.toSorted());
    // They grow for a moment yet: a child that has just been forked becomes another program.
    const difference = async (): Promise<number> =>
      (await readGroupByPs(groupId)).rssMb - (await readGroupByProc(groupId)).rssMb;
    await expect.poll(difference).toBeCloseTo(0, 0);
    const closed = once(leader, 'close');
    killGroup(groupId);
    await closed;
    // Those that the leader started die a moment after it.
    await expect.poll(() => readGroupByPs(groupId)).toEqual({ members: [], rssMb: 0 });
  });

  it('may be killed when it is gone already', async () => {
    const { leader, groupId } = await startFamily();
    const closed = once(leader, 'close');
    killGroup(groupId);
    await closed;
    expect(() => killGroup(groupId)).not.toThrow();
  });
});

function hasPs(): boolean {
  try {
    execFileSync('ps', ['-A', '-o', 'pgid='], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
