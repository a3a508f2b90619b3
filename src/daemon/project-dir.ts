import { fileURLToPath } from 'node:url';

/** Folder with package.json; this file lies compiled below `dist/`. */
export const PROJECT_DIR = fileURLToPath(new URL('../../../', import.meta.url));
