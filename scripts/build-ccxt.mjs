// Compiles ccxt's exchange classes, one file each, into dist/ccxt/. A class loads its base and what all exchanges
// together may need, some hundred files and 27 MB; compiled without what is never used here it is 8 MB, loaded in a
// third of the time.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/**
 * Signatures of exchanges that are programs on a chain, to which no order goes from here, and web sockets: modules,
 * each with what is imported from it. A name that is missing here ends the build.
 */
const LEFT_OUT = new Map([
  ['@scure/starknet', ['ethSigToPrivate', 'getStarkKey', 'sign']],
  [
    'functions/starknet.js',
    [
      'calculateContractAddressFromHash',
      'compileCalldata',
      'computePoseidonHashOnElements',
      'getMessageHash',
      'getSelectorFromName',
    ],
  ],
  ['functions/ethabi.js', ['TypedDataEncoder', 'abiEncode']],
  ['dydx-v4-client/helpers.js', ['Long']],
  [
    'zklink-sdk-web.js',
    [
      'ContractBuilder',
      'TransferBuilder',
      'newContract',
      'newRpcSignerWithProvider',
      'newTransfer',
    ],
  ],
  ['ws', ['createWebSocketStream']],
]);

/** Asked for by ccxt inside of functions, and not installed. */
const NOT_INSTALLED = [
  'protobufjs/*',
  'http-proxy-agent',
  'https-proxy-agent',
  'socks-proxy-agent',
];

/** Whoever uses what is left out is told so, at that moment. */
const refusals = {
  name: 'refusals',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^/]|\.js$/ }, ({ path: name, kind }) => {
      if (kind === 'entry-point') return undefined;
      const found = [...LEFT_OUT.keys()].find((one) => name === one || name.endsWith(`/${one}`));
      return found === undefined ? undefined : { path: found, namespace: 'left-out' };
    });
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path: name }) => ({
      contents: [
        `function refuse() { throw new Error(${JSON.stringify(`${name} is not compiled in`)}); }`,
        'const refusal = new Proxy(refuse, { get: () => refuse });',
        'export default refusal;',
        ...(LEFT_OUT.get(name) ?? []).map((member) => `export const ${member} = refusal;`),
      ].join('\n'),
    }));
  },
};

/**
 * @param {string} root the project's folder
 * @param {import('esbuild').BuildOptions & { metafile: true }} shared options of all that is compiled
 * @returns {Promise<string[]>} the files, from the project's folder on
 */
export async function buildCcxt(root, shared) {
  const folder = path.join(root, 'node_modules', 'ccxt', 'js', 'src');
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
  const { metafile } = await build({
    ...shared,
    entryPoints: files.map((file) => path.join(folder, file)),
    outdir: path.join('dist', 'ccxt'),
    outbase: folder,
    plugins: [refusals],
    external: NOT_INSTALLED,
    minifyWhitespace: true,
    minifySyntax: true,
    // Errors are told apart by the names of their classes.
    keepNames: true,
    legalComments: 'none',
    logOverride: { 'import-is-undefined': 'error' },
  });
  return Object.keys(metafile.outputs);
}
