import tseslint from 'typescript-eslint';

const CLOCK_ONLY = {
  selector:
    "CallExpression[callee.object.name='Date'][callee.property.name='now'], NewExpression[callee.name='Date'][arguments.length=0]",
  message: 'Time comes through Clock (src/lib/clock.ts).',
};
const SETTINGS_ONLY = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Settings are read in config/ and handed in.',
};
const MAIN_ONLY = {
  selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
  message: "Only a process's own entry may end it.",
};
/** nodejs/node#53238: V8 ends the process. */
const NO_TOP_LEVEL_AWAIT = {
  selector: ':matches(AwaitExpression, ForOfStatement[await=true]):not(:function *)',
  message: 'A thread that ends while a module awaits at its top level ends the whole process.',
};

const WRITTEN_OUT = {
  selector:
    'ObjectExpression > SpreadElement > :matches(ObjectExpression, TSAsExpression > ObjectExpression)',
  message:
    'Write the properties out: a spread literal switches off the check for unknown properties.',
};
const HASH_PRIVATE = {
  selector:
    'PropertyDefinition[accessibility=/private|protected/], MethodDefinition[accessibility=/private|protected/][kind!="constructor"], TSParameterProperty',
  message: 'Private members are named #member and set in the constructor body.',
};

export default tseslint.config(
  {
    ignores: [
      'dashboard/**',
      'dist/**',
      'node_modules/**',
      '.venv/**',
      'data/**',
      '.cache/**',
      'vitest.config.ts',
    ],
  },
  ...tseslint.configs.strictTypeChecked.map((entry) => ({ ...entry, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/promise-function-async': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      'no-console': 'error',
      'max-params': ['error', 4],
      'max-depth': ['error', 4],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', { max: 70, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts', 'src/lib/clock.ts', 'src/demo/main.ts', 'src/main.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        CLOCK_ONLY,
        SETTINGS_ONLY,
        MAIN_ONLY,
        NO_TOP_LEVEL_AWAIT,
        WRITTEN_OUT,
        HASH_PRIVATE,
      ],
    },
  },
  {
    files: ['src/main.ts', 'src/demo/main.ts', 'src/lib/clock.ts', '{scripts,config}/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', WRITTEN_OUT, HASH_PRIVATE] },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    rules: {
      'no-console': 'off',
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
