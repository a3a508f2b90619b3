import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { findManifestDefect, SERVED_MANIFEST } from '../../models/model-manifest.js';

export const MANIFEST_FILE = 'manifest.json';

const pairSchema = z.tuple([z.number(), z.number()]);

/** Losses of a classifier in nat; of a regressor in log return. A part that was not fitted has none. */
const metricsSchema = z.union([
  z.object({
    train_logloss: z.number(),
    /** Nothing stops an increment early. */
    validation_logloss: z.number().nullable(),
    refit_logloss: z.number(),
  }),
  z.object({
    train_rmse: z.number(),
    validation_rmse: z.number().nullable(),
    refit_rmse: z.number(),
  }),
]);

/** What the trainer says about the model that it wrote: the manifest of a serving model, and the facts of its fit. */
const manifestSchema = SERVED_MANIFEST.extend({
  job: z.string(),
  bot: z.string(),
  seed: z.number(),
  params: z.record(z.string(), z.unknown()),
  split: z.object({ train: pairSchema, validation: pairSchema, test: pairSchema }),
  data_sha256: z.string(),
  library_versions: z.record(z.string(), z.string()),
  task: z.enum(['classifier', 'regressor']),
  /** Of a model of trees. */
  tree_count: z.int().min(1).optional(),
  /** Of a network: passes over the training rows, those of an increment for a continued one; of a residual maybe none. */
  epochs: z.int().min(0).optional(),
  /** What it was fitted on; models from before there was a choice do not state it. */
  device: z.enum(['cpu', 'cuda']).default('cpu'),
  /** Labelled rows of each part; `complete` are those of the refit. */
  rows: z.object({
    train: z.int(),
    validation: z.int(),
    test: z.int(),
    complete: z.int(),
  }),
  metrics: metricsSchema,
  selection: z.object({
    method: z.enum(['rfe', 'importance', 'reuse', 'none']),
    candidates: z.int(),
    kept: z.int(),
    seconds: z.number(),
  }),
  importance: z.array(z.object({ feature: z.string(), importance: z.number() })),
  durations_ms: z.record(z.string(), z.number()),
});

export type TrainerManifest = z.infer<typeof manifestSchema>;

export type ManifestReading =
  | { readonly status: 'read'; readonly manifest: TrainerManifest }
  | { readonly status: 'unreadable'; readonly reason: string };

/** Reads the manifest of a finished job and checks it against the hash that the trainer announced. */
export async function readManifest(outputDir: string, sha256: string): Promise<ManifestReading> {
  let text: Buffer;
  try {
    text = await readFile(path.join(outputDir, MANIFEST_FILE));
  } catch (error) {
    return unreadable(`${MANIFEST_FILE} cannot be read: ${String(error)}`);
  }
  if (createHash('sha256').update(text).digest('hex') !== sha256) {
    return unreadable(`${MANIFEST_FILE} is not the one that was announced`);
  }
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(text.toString()));
    const defect = parsed.success ? findManifestDefect(parsed.data) : undefined;
    if (defect !== undefined) return unreadable(`${MANIFEST_FILE}: ${defect}`);
    if (parsed.success) return { status: 'read', manifest: parsed.data };
    return unreadable(`${MANIFEST_FILE}: ${z.prettifyError(parsed.error)}`);
  } catch (error) {
    return unreadable(`${MANIFEST_FILE} is not JSON: ${String(error)}`);
  }
}

/** The judged model's losses on the training rows and on the early-stopping rows. */
export function lossesOf({ metrics }: Pick<TrainerManifest, 'metrics'>): {
  readonly train: number;
  readonly validation: number | undefined;
} {
  return 'train_logloss' in metrics
    ? { train: metrics.train_logloss, validation: metrics.validation_logloss ?? undefined }
    : { train: metrics.train_rmse, validation: metrics.validation_rmse ?? undefined };
}

function unreadable(reason: string): ManifestReading {
  return { status: 'unreadable', reason };
}
