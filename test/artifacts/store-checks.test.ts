import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../config/read-settings.js';
import { checkArtifacts } from '../../scripts/doctor-artifacts.js';
import { OwnS3, s3SkipReason } from '../s3-server.js';

describe.skipIf(s3SkipReason !== undefined)(`npm run doctor (${s3SkipReason ?? 'S3'})`, () => {
  let server: OwnS3;
  beforeAll(async () => {
    server = await OwnS3.start();
  });
  afterAll(() => server.stop());

  const check = async (changes: Readonly<Record<string, string>> = {}) => {
    const { settings } = readSettings({ ...server.environment, ...changes });
    const [finding] = await checkArtifacts(settings);
    return finding;
  };

  it('writes, reads, puts twice and leaves nothing in the bucket', async () => {
    expect(await check()).toMatchObject({ name: 'artifacts', status: 'ok' });
    expect(await server.names()).toEqual([]);
  });

  it('names what is wrong with the bucket and the keys', async () => {
    const bucket = await check({ S3_BUCKET: 'elsewhere' });
    expect(bucket).toMatchObject({ status: 'failed' });
    expect(bucket?.message).toContain('there is no such bucket: create it, or set S3_BUCKET');
    const secret = await check({ S3_SECRET_ACCESS_KEY: 'wrong' });
    expect(secret?.message).toContain('check S3_SECRET_ACCESS_KEY');
  });

  it('has nothing to say where there is no store', async () => {
    expect(await checkArtifacts(readSettings({}).settings)).toEqual([]);
  });
});
