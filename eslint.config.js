import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

const production = ['bin/**/*.ts', 'lib/**/*.ts', 'functions/**/*.ts', 'scripts/**/*.ts'];

export default tseslint.config(
  { ignores: ['.build/', 'cdk.out/', '**/*.d.ts', 'test/**/fixture/**/cdk.out/'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '*.cjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A construct is made for its effect on the tree.
      'no-new': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      // A port may be asynchronous although one of its implementations needs no waiting.
      '@typescript-eslint/require-await': 'off',
      // Taking a property out is how an object without it is made.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: production,
    rules: {
      // Parse at every edge instead: an assertion is a claim that nobody checks. `as const` remains allowed.
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
    },
  },
  {
    files: ['functions/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['functions/*/domain/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'Date', message: 'Time is an argument in the domain (house habit 8): take a Clock.' },
        { name: 'process', message: 'The domain knows no environment: take what it needs as an argument.' },
        { name: 'setTimeout', message: 'The domain does not wait by itself: take the wait as a port.' },
        { name: 'setInterval', message: 'The domain does not wait by itself: take the wait as a port.' },
      ],
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'Randomness is an argument in the domain (house habit 8).',
        },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { module: 'writable' } },
  },
);
