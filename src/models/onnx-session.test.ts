import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { fixturePath, readTinyAnswers } from '../../test/models/model-folder.js';
import { RejectedError } from '../lib/errors.js';
import { createOnnxSession } from './onnx-session.js';

describe('a model in the ONNX runtime', () => {
  it.each(['a', 'b'] as const)('answers as CatBoost did itself: model %s', async (model) => {
    const answers = await readTinyAnswers();
    const session = await createOnnxSession(await readFile(fixturePath(`tiny-${model}.onnx`)), 8);
    const rows = Float32Array.from(answers.rows.flat());
    const probabilities = await session.run(rows, answers.rows.length);
    const expected = answers[model].flat();
    const differences = expected.map((p, at) => Math.abs(p - (probabilities[at] ?? NaN)));
    // The bar for a served model is 1e-5.
    expect(Math.max(...differences)).toBeLessThan(1e-6);
    await session.release();
  });

  it('gives a row the same answer alone and among others', async () => {
    const answers = await readTinyAnswers();
    const session = await createOnnxSession(await readFile(fixturePath('tiny-a.onnx')), 8);
    const together = await session.run(Float32Array.from(answers.rows.flat()), answers.rows.length);
    const alone = await session.run(Float32Array.from(answers.rows[5] ?? []), 1);
    expect(Array.from(alone)).toEqual(Array.from(together.subarray(15, 18)));
    await session.release();
  });
});

describe('what is no such model is refused', () => {
  it('another number of features', async () => {
    const bytes = await readFile(fixturePath('tiny-a.onnx'));
    await expect(createOnnxSession(bytes, 9)).rejects.toThrow('reads 8 features, expected 9');
    await expect(createOnnxSession(bytes, 9)).rejects.toBeInstanceOf(RejectedError);
  });

  it('bytes that are no ONNX', async () => {
    for (const bytes of [
      Buffer.from('{"not":"onnx"}'),
      Buffer.alloc(4_096, 255),
      Buffer.alloc(1),
    ]) {
      await expect(createOnnxSession(bytes, 8)).rejects.toBeInstanceOf(RejectedError);
    }
  });

  it('the first half of a model', async () => {
    const bytes = await readFile(fixturePath('tiny-a.onnx'));
    const half = bytes.subarray(0, bytes.length / 2);
    await expect(createOnnxSession(half, 8)).rejects.toBeInstanceOf(RejectedError);
  });
});
