/** A folder of a model or base model, as its stored row names it. */
export interface ArtifactFolder {
  /** Relative to the models' folder. */
  readonly modelPath: string;
  /** Hash of the manifest, which names every other file by its own. */
  readonly manifestSha256: string;
}

/** How the folders of models get from the process that trained them to those that need them. */
export interface ModelArtifacts {
  /** Whether hosts have models' folders of their own, with a store between them. */
  readonly isStore: boolean;

  /**
   * Brings a folder into the store. Resolves once every file has been read back from there and compared, so that
   * a record of it may be stored then.
   *
   * @throws TransientError, ConfigError where the store cannot be used · RejectedError where the folder or what the
   * store hands back is damaged
   */
  publish(folder: ArtifactFolder, signal?: AbortSignal): Promise<void>;

  /**
   * Makes sure that a complete copy lies in this host's models' folder, compared file by file.
   *
   * @throws as `publish`
   */
  fetch(folder: ArtifactFolder): Promise<void>;
}

/** All processes share one models' folder: what one writes there the others read. */
export const ONE_FOLDER: ModelArtifacts = {
  isStore: false,
  publish: () => Promise.resolve(),
  fetch: () => Promise.resolve(),
};
