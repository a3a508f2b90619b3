import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingJob } from '../../domain/training-job.js';
import { LaneLoop } from './lane-loop.js';

const JOB = { uid: 'one' } as TrainingJob;

describe('LaneLoop', () => {
  let lane: LaneLoop;
  let seen: { readonly isInDoubt: boolean; readonly isAborted: boolean }[];
  /** Done while the job is claimed. */
  let meanwhile: () => void;
  let ended: () => void;
  let end: Promise<void>;

  beforeEach(() => {
    seen = [];
    end = new Promise((resolve) => (ended = resolve));
    const jobs = [JOB];
    lane = new LaneLoop({
      tryNext: async () => {
        const job = await lane.claim(() => {
          if (jobs.length > 0) meanwhile();
          return Promise.resolve(jobs.shift());
        });
        if (job === undefined) {
          ended();
          return false;
        }
        await lane.during(job, (signal, isInDoubt) => {
          seen.push({ isInDoubt, isAborted: signal.aborted });
          return Promise.resolve();
        });
        return true;
      },
      onError: () => undefined,
    });
  });

  afterEach(() => lane.stop());

  it('says of a job that was aborted while it was claimed that it is in doubt', async () => {
    meanwhile = () => lane.abort(({ uid }) => uid === 'one');
    lane.start();
    await end;
    expect(seen).toEqual([{ isInDoubt: true, isAborted: false }]);
  });

  it('does not doubt a job while whose claim another one was aborted', async () => {
    meanwhile = () => lane.abort(({ uid }) => uid === 'other');
    lane.abort(() => true);
    lane.start();
    await end;
    expect(seen).toEqual([{ isInDoubt: false, isAborted: false }]);
  });
});
