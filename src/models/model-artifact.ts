import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, RejectedError } from '../lib/errors.js';
import { parseManifest, type ModelManifest } from './model-manifest.js';
import { readVerifiedFile, type FileReference } from './verified-file.js';

export const SERVED_FILE = 'model.onnx';
const MANIFEST_FILE = 'manifest.json';
const MAX_MANIFEST_BYTES = 4_000_000;

export interface ArtifactRequest {
  readonly modelsDir: string;
  /** Folder below `modelsDir`, as the model's record has it. */
  readonly modelPath: string;
  /** Hash of the manifest, as the model's record has it: everything else hangs on it. */
  readonly manifestSha256: string;
  /** Largest file that is read. */
  readonly maxFileBytes: number;
}

/** A model's folder whose manifest is the one that the record names. */
export interface ModelArtifact {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  readonly manifest: ModelManifest;
  /** The file that serves; its reader verifies it again. */
  readonly onnx: FileReference;
}

/**
 * Opens a model's folder and checks its manifest; the files are read by `readVerifiedFile`.
 *
 * @throws RejectedError naming the file and what is wrong with it
 */
export async function openModelArtifact(request: ArtifactRequest): Promise<ModelArtifact> {
  const folder = await resolveFolder(request.modelsDir, request.modelPath);
  const manifest = await readManifest(folder, request);
  const artifact = { folder, manifest };
  const onnx = fileReference(artifact, SERVED_FILE);
  if (onnx.bytes !== undefined && onnx.bytes > request.maxFileBytes) {
    throw rejected(
      request,
      `${SERVED_FILE} has ${onnx.bytes} bytes, at most ${request.maxFileBytes} may serve`,
    );
  }
  return { ...artifact, onnx };
}

/** As `openModelArtifact`, and reads every file that the manifest names. */
export async function verifyModelArtifact(request: ArtifactRequest): Promise<ModelArtifact> {
  const artifact = await openModelArtifact(request);
  for (const name of Object.keys(artifact.manifest.files)) {
    try {
      await readVerifiedFile(fileReference(artifact, name), request.maxFileBytes);
    } catch (error) {
      throw rejected(request, messageOf(error), error);
    }
  }
  return artifact;
}

/** @throws RejectedError when the manifest does not name the file */
export function fileReference(
  artifact: Pick<ModelArtifact, 'folder' | 'manifest'>,
  name: string,
): FileReference {
  const entry = artifact.manifest.files[name];
  if (entry === undefined) throw new RejectedError(`${MANIFEST_FILE} names no file ${name}`);
  return { path: path.join(artifact.folder, name), sha256: entry.sha256, bytes: entry.bytes };
}

/**
 * The folder's real path, which must lie below the models' folder, whatever links are on the way.
 *
 * @throws RejectedError when it does not or cannot be found
 */
async function resolveFolder(modelsDir: string, modelPath: string): Promise<string> {
  try {
    const root = await realpath(modelsDir);
    const folder = await realpath(path.resolve(root, modelPath));
    if (folder.startsWith(root + path.sep)) return folder;
  } catch (error) {
    throw new RejectedError(`Model folder ${modelPath} cannot be opened: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new RejectedError(`Model folder ${modelPath} does not lie below the models' folder`);
}

async function readManifest(folder: string, request: ArtifactRequest): Promise<ModelManifest> {
  try {
    const bytes = await readVerifiedFile(
      {
        path: path.join(folder, MANIFEST_FILE),
        sha256: request.manifestSha256,
        bytes: undefined,
      },
      MAX_MANIFEST_BYTES,
    );
    return parseManifest(bytes.toString('utf8'));
  } catch (error) {
    const prefix = error instanceof RejectedError ? '' : `${MANIFEST_FILE} is malformed: `;
    throw rejected(request, `${prefix}${messageOf(error)}`, error);
  }
}

function rejected(request: ArtifactRequest, what: string, cause?: unknown): RejectedError {
  return new RejectedError(`Model ${request.modelPath}: ${what}`, { cause });
}
