import type { ArtifactStore } from './artifact-store.js';
import { FileArtifacts } from './file-artifacts.js';
import { S3Artifacts, type S3Limits, type S3Place } from './s3-artifacts.js';

/** Where files of models lie beside the models' folders of the hosts. */
export type ArtifactPlace =
  { readonly kind: 'file'; readonly folder: string } | ({ readonly kind: 's3' } & S3Place);

/** Connects with the first use. */
export function openArtifacts(place: ArtifactPlace, limits?: S3Limits): ArtifactStore {
  return place.kind === 'file' ? new FileArtifacts(place.folder) : new S3Artifacts(place, limits);
}
