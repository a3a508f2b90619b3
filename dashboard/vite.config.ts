import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

const DAEMON = process.env['EVENKEEL_URL'] ?? 'http://127.0.0.1:8420';
const PACKED = /\.(js|css|html|svg)$/;

/** Compresses each file once, when it is built, so that the daemon only sends it. */
const packFiles: Plugin = {
  name: 'pack-files',
  apply: 'build',
  writeBundle({ dir }) {
    if (dir === undefined) return;
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      if (!PACKED.test(name)) continue;
      const file = path.join(dir, name);
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
    }
  },
};

export default defineConfig({
  plugins: [vue(), packFiles],
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    target: 'es2022',
    // Inlined images and the polyfill for preloading would break the policy of the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: {
      // The daemon compares Host and Origin: to it the calls come from its own page.
      '^/(api|docs|metrics)': {
        target: DAEMON,
        changeOrigin: true,
        headers: { origin: DAEMON },
      },
    },
  },
});
