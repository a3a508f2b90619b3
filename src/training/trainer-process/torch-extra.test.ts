import { describe, expect, it } from 'vitest';
import type { PythonCheck } from './check-python.js';
import { requireTorch } from './torch-extra.js';

const withTorch = (torch?: string): PythonCheck => ({
  status: 'ok',
  versions: { python: '3.11.2', ...(torch === undefined ? {} : { torch }) },
});

describe('PyTorch is required', () => {
  it('of the version that is pinned, whatever it was built for', () => {
    for (const version of ['2.13.0', '2.13.0+cpu', '2.13.1+cu126']) {
      expect(requireTorch(withTorch(version)).status).toBe('ok');
    }
  });

  it('and the command is named where it is missing or another one', () => {
    const fix = 'npm run setup -- --with torch';
    expect(requireTorch(withTorch())).toEqual({
      status: 'broken',
      message: 'PyTorch is not installed',
      fix,
    });
    const old = requireTorch(withTorch('2.1.3'));
    expect(old).toMatchObject({ message: 'PyTorch 2.1.3 is installed, 2.13 is needed', fix });
  });

  it('but a Python that cannot train at all is named first', () => {
    const missing = {
      status: 'missing',
      message: 'there is no Python',
      fix: 'npm run setup',
    } as const;
    expect(requireTorch(missing)).toBe(missing);
  });
});
