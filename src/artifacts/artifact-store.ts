/**
 * Where files of models lie so that every process of a database can read them. A file is named by the sha256 of
 * its content. Whatever an adapter hands out has been compared with that name.
 */
export interface ArtifactStore {
  /** For people: which store it is, without secrets. */
  readonly place: string;

  /**
   * Stores bytes, unless they are there already. Resolves once they have been read back and compared.
   *
   * @returns their name: lower-case hexadecimal sha256
   * @throws TransientError where the store is away, slow or full · ConfigError where it refuses · RejectedError
   * where it hands back other bytes than it was given
   */
  put(bytes: Buffer, signal?: AbortSignal): Promise<string>;

  /**
   * The bytes of that name.
   *
   * @throws RejectedError where there are none, more than `maxBytes`, or others than the name says · TransientError,
   * ConfigError as `put`
   */
  get(sha256: string, maxBytes: number): Promise<Buffer>;

  /** Whether something of that name is there; what it is only `get` compares. @throws as `put` */
  has(sha256: string): Promise<boolean>;

  /** Does nothing where there is none. @throws as `put` */
  remove(sha256: string): Promise<void>;

  /** Closes connections. */
  close(): void;
}
