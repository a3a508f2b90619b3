import type { PythonCheck } from './check-python.js';

/** What a person types to get PyTorch, which the plain setup leaves out. */
export const TORCH_SETUP = 'npm run setup -- --with torch';

/** As `trainer/torch.in` pins it and `engines/torch_extra.py` asks for it. */
const TORCH_VERSION = '2.13';

/** The same check for a bot that is fitted by PyTorch: Python cannot train without that version of it. */
export function requireTorch(check: PythonCheck): PythonCheck {
  if (check.status !== 'ok') return check;
  const found = check.versions['torch'];
  if (found?.startsWith(`${TORCH_VERSION}.`) === true) return check;
  const message =
    found === undefined
      ? 'PyTorch is not installed'
      : `PyTorch ${found} is installed, ${TORCH_VERSION} is needed`;
  return { status: 'broken', message, fix: TORCH_SETUP };
}
