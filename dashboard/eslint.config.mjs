import vue from 'eslint-plugin-vue';
import tseslint from 'typescript-eslint';

/** The rules of the project that apply here too, and those for components. */
const RULES = {
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/no-explicit-any': 'error',
  'max-params': ['error', 4],
  'max-depth': ['error', 4],
  'max-lines': ['error', 400],
  'max-lines-per-function': ['error', { max: 90, skipComments: true }],
  eqeqeq: 'error',
  'no-console': 'error',
};

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'report/**'] },
  ...tseslint.configs.strictTypeChecked.map((entry) => ({ ...entry, files: ['src/**/*.ts'] })),
  {
    files: ['src/**/*.ts'],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...RULES,
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  // The set-up function of a store, or of what a component uses, is a whole module.
  {
    files: ['src/{stores,lib}/**/*.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 150 }] },
  },
  // Generated, and as long as the contract of the API.
  { files: ['src/api/types.generated.ts'], rules: { 'max-lines': 'off' } },
  ...vue.configs['flat/recommended'].map((entry) => ({ ...entry, files: ['**/*.vue'] })),
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      ...RULES,
      // The policy of the page blocks them, some of them only in a build.
      'vue/no-static-inline-styles': 'error',
      'vue/no-v-html': 'error',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/require-default-prop': 'off',
    },
  },
);
