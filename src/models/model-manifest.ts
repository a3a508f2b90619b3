import { z } from 'zod';
import { MAX_WINDOW_ROWS } from '../features/row-window.js';

/** Version of the manifest's layout that this program reads. */
const MANIFEST_FORMAT = 1;
const MAX_FEATURES = 5_000;
const MAX_FILES = 32;
const MAX_CODES = 100;

/** Plain names only: no separators, no parent folders, nothing hidden. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

const fileEntry = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(1),
});

const attributeCode = z.object({
  name: z.string().min(1),
  values: z.record(z.string(), z.number()).optional(),
});
const classWeights = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);

/** The manifest as far as serving needs it; training adds what only its records need. */
export const SERVED_MANIFEST = z.object({
  format: z.literal(MANIFEST_FORMAT),
  /** Names in the order of the model's columns. */
  features: z.array(z.string().min(1).max(200)).min(1).max(MAX_FEATURES),
  /** Models from before there were regressors do not state it. */
  task: z.enum(['classifier', 'regressor']).default('classifier'),
  /** Consecutive rows that the model reads to answer for the last of them. */
  window_rows: z.int().min(1).max(MAX_WINDOW_ROWS).default(1),
  class_order: z.tuple([z.literal('SELL'), z.literal('HOLD'), z.literal('BUY')]).optional(),
  files: z.record(z.string().regex(FILE_NAME), fileEntry),
  /** Smallest and largest value of each feature in the training rows. */
  feature_ranges: z.array(z.tuple([z.number(), z.number()])),
  class_weights: classWeights.nullish(),
  /** What the request for the fit stated. */
  model: z
    .looseObject({ attribute_codes: z.array(attributeCode).max(MAX_CODES).optional() })
    .default({}),
});

/** What is wrong between the fields of a manifest; undefined when nothing is. */
export function findManifestDefect(
  manifest: Pick<ModelManifest, 'features' | 'feature_ranges' | 'files'>,
): string | undefined {
  if (manifest.feature_ranges.length !== manifest.features.length) {
    return 'feature_ranges: as many ranges as features are expected';
  }
  if (Object.keys(manifest.files).length > MAX_FILES) {
    return `files: at most ${MAX_FILES} files are expected`;
  }
  return undefined;
}

/** What the trainer says about a model; fields that serving does not need are left out. */
export type ModelManifest = z.infer<typeof SERVED_MANIFEST>;

/** @throws Error whose message names the field and what is wrong with it */
export function parseManifest(text: string): ModelManifest {
  const parsed = SERVED_MANIFEST.safeParse(JSON.parse(text));
  if (parsed.success) {
    const defect = findManifestDefect(parsed.data);
    if (defect !== undefined) throw new Error(defect);
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  throw new Error(`${issue?.path.join('.') ?? 'manifest'}: ${issue?.message ?? 'is malformed'}`);
}
