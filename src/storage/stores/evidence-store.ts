import type { TrainingEvidence } from '../../domain/training-job.js';
import type { Database } from '../database/database.js';
import { json, number, optional, rowCodec, text } from '../rows/row-codec.js';
import type { Row, Stored } from '../connection/row.js';

const EVIDENCE = rowCodec<Stored<TrainingEvidence>>({
  id: number(),
  uid: text(),
  jobUid: text(),
  modelUid: optional(text()),
  modelName: text(),
  modelVersion: optional(text()),
  device: text(),
  processingTimeMs: number(),
  artifactSha256: optional(text('artifact_sha256')),
  embeddingChecksum: optional(text()),
  dataFrom: optional(number()),
  dataTo: optional(number()),
  dataHash: optional(text()),
  libraryVersions: json(),
  seed: optional(number()),
  error: optional(text()),
  createdAt: number(),
});

/** What remains of each training job. */
export class EvidenceStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(evidence: TrainingEvidence): Promise<void> {
    const values = EVIDENCE.encodePart(evidence);
    await this.#database.run((knex) => knex('training_evidence').insert(values));
  }

  /** Oldest first. */
  async listByJob(jobUid: string): Promise<readonly Stored<TrainingEvidence>[]> {
    const rows = await this.#database.run((knex) =>
      knex('training_evidence')
        .where({ job_uid: jobUid })
        .orderBy(['created_at', 'id'])
        .select<Row[]>('*'),
    );
    return rows.map((row) => EVIDENCE.decode(row));
  }
}
