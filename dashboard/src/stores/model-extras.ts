import { defineStore } from 'pinia';
import { reactive } from 'vue';
import { call } from '../api/client';
import type { Model } from '../lib/models';
import { useLive } from './live';

const MAX_AGE_MS = 60_000;
const AT_ONCE = 2;

interface Running {
  readonly stage: string | null;
  readonly progress: number;
}

/** What cards show besides the report: live scores, asked for as cards come into sight, and progress. */
export const useModelExtras = defineStore('model-extras', () => {
  const liveScores = reactive(new Map<string, string>());
  const running = reactive(new Map<string, Running>());
  const askedAt = new Map<string, number>();
  const waiting: Model[] = [];
  let busy = 0;

  useLive().onEvent((name, data) => {
    const { unified_symbol: symbol, timeframe, bot } = data as Readonly<Record<string, string>>;
    const key = `${symbol ?? ''} ${timeframe ?? ''} ${bot ?? ''}`;
    if (name === 'job.finished') running.delete(key);
    if (name !== 'job.progress') return;
    const { stage, progress } = data as unknown as Running;
    running.set(key, { stage, progress });
  });

  function ask(model: Model): void {
    const last = askedAt.get(model.uid);
    if (last !== undefined && Date.now() - last < MAX_AGE_MS) return;
    askedAt.set(model.uid, Date.now());
    waiting.push(model);
    void work();
  }

  /** The newest request first: it is the card that came into sight last. */
  async function work(): Promise<void> {
    if (busy >= AT_ONCE) return;
    busy += 1;
    for (let model = waiting.pop(); model !== undefined; model = waiting.pop()) {
      const { uid } = model;
      await readScore(model).then(
        (text) => liveScores.set(uid, text),
        () => askedAt.delete(uid),
      );
    }
    busy -= 1;
  }

  return { liveScores, running, ask };
});

async function readScore(model: Model): Promise<string> {
  const { unified_symbol: symbol, bot_name: bot, venue } = model;
  const timeframe = model.timeframe as '1h';
  const query = { symbol, timeframe, bot, venue };
  const { live_score: score } = await call('GET /api/model/status', { query });
  if (score === null || score.signals === 0) return 'no signal has turned out yet';
  const share = Math.round((100 * score.hits) / score.signals);
  return `${score.hits} of ${score.signals} right (${share} %)`;
}
