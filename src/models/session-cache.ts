import { createOnnxSession, type OnnxSession } from './onnx-session.js';
import type { ModelSpecification } from './serving-model.js';
import { readVerifiedFile } from './verified-file.js';

/**
 * About 2 MB each. A model that fell out is read and loaded again in ten milliseconds, once a candle:
 * with more instruments than there are places, all of them are loaded again at each close anyway.
 */
const MAX_SESSIONS = 2;

/** The sessions used last. Used by one worker that does one thing after the other. */
export class SessionCache {
  /** In the order of their last use. */
  readonly #sessions = new Map<string, OnnxSession>();
  readonly #maxSessions: number;

  constructor(maxSessions = MAX_SESSIONS) {
    this.#maxSessions = maxSessions;
  }

  /** @throws RejectedError when the model's file is damaged or no model */
  async get(model: ModelSpecification): Promise<OnnxSession> {
    const known = this.#sessions.get(model.modelUid);
    // Before, not after: one more for a moment would be memory that the process keeps.
    if (known === undefined) await this.#evict();
    const session = known ?? (await load(model));
    this.#sessions.delete(model.modelUid);
    this.#sessions.set(model.modelUid, session);
    return session;
  }

  async release(modelUid: string): Promise<void> {
    const session = this.#sessions.get(modelUid);
    this.#sessions.delete(modelUid);
    await session?.release();
  }

  async #evict(): Promise<void> {
    for (const modelUid of this.#sessions.keys()) {
      if (this.#sessions.size < this.#maxSessions) return;
      await this.release(modelUid);
    }
  }
}

async function load(model: ModelSpecification): Promise<OnnxSession> {
  const bytes = await readVerifiedFile(model.onnx, model.maxFileBytes);
  return createOnnxSession(bytes, model.features.length, model);
}
