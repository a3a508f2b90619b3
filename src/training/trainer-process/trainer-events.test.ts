import { describe, expect, it } from 'vitest';
import { findEvent } from './trainer-events.js';

const DONE = {
  event: 'done',
  job: 'a',
  output_dir: '/models/a',
  manifest_sha256: 'a'.repeat(64),
  rss_mb: 190,
  peak_rss_mb: 220.5,
};

describe('findEvent', () => {
  it.each([
    [{ event: 'ready', versions: { python: '3.11.7' }, rss_mb: 106 }],
    [{ event: 'progress', job: 'a', stage: 'fit', percent: 45 }],
    [DONE],
    [{ event: 'failed', job: null, code: 'bad_job', message: 'no job' }],
  ])('reads %o', (event) => {
    expect(findEvent(JSON.stringify(event))).toEqual(event);
  });

  it.each([
    ['text', 'Learning rate set to 0.1'],
    ['half a line', '{"event":"done","job":"a"'],
    ['another kind of JSON', '42'],
    ['an unknown event', '{"event":"dance"}'],
    ['an unknown stage', '{"event":"progress","job":"a","stage":"nap","percent":1}'],
    ['more than all', '{"event":"progress","job":"a","stage":"fit","percent":101}'],
    ['a hash that is none', JSON.stringify({ ...DONE, manifest_sha256: 'abc' })],
    ['an answer with a hole', JSON.stringify({ ...DONE, peak_rss_mb: undefined })],
  ])('takes %s for rubbish', (_, line) => {
    expect(findEvent(line)).toBeUndefined();
  });
});
