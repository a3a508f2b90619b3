import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Place } from '../../src/artifacts/s3-artifacts.js';

/** Puts an object as somebody would who does not go by names of content. */
export async function putForeign(place: S3Place, name: string, bytes: Buffer): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey, bucket, prefix } = place;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    const object = { Bucket: bucket, Key: `${prefix}${name}`, Body: bytes };
    await client.send(new PutObjectCommand(object));
  } finally {
    client.destroy();
  }
}
