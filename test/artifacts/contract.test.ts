import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactStore } from '../../src/artifacts/artifact-store.js';
import { contentName } from '../../src/artifacts/content-name.js';
import { FileArtifacts } from '../../src/artifacts/file-artifacts.js';
import { S3Artifacts } from '../../src/artifacts/s3-artifacts.js';
import { RejectedError } from '../../src/lib/errors.js';
import { OwnS3, s3SkipReason } from '../s3-server.js';
import { putForeign } from './foreign-object.js';

interface Subject {
  readonly store: ArtifactStore;
  /** Puts other bytes under a name, past the store. */
  plant(sha256: string, bytes: Buffer): Promise<void>;
  /** What lies there, whole or not. */
  names(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const ADAPTERS: readonly {
  readonly name: string;
  readonly skipReason: string | undefined;
  readonly open: () => Promise<Subject>;
}[] = [
  { name: 'a folder', skipReason: undefined, open: openFolder },
  { name: `S3 (${s3SkipReason ?? 'SeaweedFS'})`, skipReason: s3SkipReason, open: openS3 },
];

describe.each(ADAPTERS)('an artifact store in $name', ({ skipReason, open }) => {
  describe.skipIf(skipReason !== undefined)('as every other', () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.stop());

    it('hands out what it was given, under its sha256', async () => {
      const bytes = Buffer.from('a model');
      const { store } = subject;
      expect(await store.has(contentName(bytes))).toBe(false);
      const name = await store.put(bytes);
      expect(name).toBe(contentName(bytes));
      expect(await store.has(name)).toBe(true);
      expect(await store.get(name, 100)).toEqual(bytes);
    });

    it('keeps bytes of every value, and of several megabytes', async () => {
      const bytes = Buffer.from(Uint8Array.from({ length: 5_000_000 }, (_, at) => (at * 31) % 256));
      const name = await subject.store.put(bytes);
      expect((await subject.store.get(name, bytes.length)).equals(bytes)).toBe(true);
    });

    it('stores the same bytes once, also when two put them at once', async () => {
      const bytes = Buffer.from('twins');
      const puts = [1, 2, 3, 4].map(() => subject.store.put(bytes));
      expect(new Set(await Promise.all(puts))).toEqual(new Set([contentName(bytes)]));
      const found = (await subject.names()).filter((name) => name.startsWith(contentName(bytes)));
      expect(found).toEqual([contentName(bytes)]);
    });

    it('refuses what is not there, by its name', async () => {
      const name = contentName(Buffer.from('never stored'));
      await expect(subject.store.get(name, 100)).rejects.toThrow(RejectedError);
      await expect(subject.store.get(name, 100)).rejects.toThrow(`has no ${name}`);
    });

    it('refuses other bytes than the name says, with both hashes', async () => {
      const name = contentName(Buffer.from('what was asked for'));
      await subject.plant(name, Buffer.from('what lies there'));
      const refusal = subject.store.get(name, 100);
      await expect(refusal).rejects.toThrow(RejectedError);
      await expect(refusal).rejects.toThrow(`other bytes under ${name}: sha256 `);
    });

    it('refuses more bytes than were expected', async () => {
      const name = await subject.store.put(Buffer.alloc(1_000, 7));
      await expect(subject.store.get(name, 999)).rejects.toThrow('more than 999 bytes');
    });

    it('replaces damaged bytes by those that belong there', async () => {
      const bytes = Buffer.from('to be mended');
      await subject.plant(contentName(bytes), Buffer.from('to be men'));
      const name = await subject.store.put(bytes);
      expect(await subject.store.get(name, 100)).toEqual(bytes);
    });

    it('removes what is there, and takes what is not there for removed', async () => {
      const name = await subject.store.put(Buffer.from('for a while'));
      await subject.store.remove(name);
      expect(await subject.store.has(name)).toBe(false);
      await subject.store.remove(name);
    });

    it.each(['../../etc/passwd', '', 'A'.repeat(64), 'a'.repeat(63)])(
      'refuses the name "%s"',
      async (name) => {
        await expect(subject.store.get(name, 100)).rejects.toThrow('is no sha256');
        await expect(subject.store.has(name)).rejects.toThrow('is no sha256');
        await expect(subject.store.remove(name)).rejects.toThrow('is no sha256');
      },
    );
  });
});

async function openFolder(): Promise<Subject> {
  const root = mkdtempSync(path.join(tmpdir(), 'evenkeel-artifacts-'));
  const store = new FileArtifacts(root);
  return {
    store,
    plant: async (sha256, bytes) => {
      mkdirSync(path.join(root, sha256.slice(0, 2)), { recursive: true });
      writeFileSync(path.join(root, sha256.slice(0, 2), sha256), bytes);
    },
    names: async () =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name),
    stop: async () => rmSync(root, { recursive: true, force: true }),
  };
}

async function openS3(): Promise<Subject> {
  const server = await OwnS3.start();
  const store = new S3Artifacts(server.place);
  return {
    store,
    plant: (sha256, bytes) => putForeign(server.place, sha256, bytes),
    names: () => server.names(),
    stop: async () => {
      store.close();
      await server.stop();
    },
  };
}
