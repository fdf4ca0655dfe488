import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  globalIgnores(['dist', 'data', 'coverage', '.tap', '.cache', 'src/generated', 'load-results']),
  js.configs.recommended,
  { rules: { 'max-lines': ['error', 250] } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // Numbers in template strings are ids and ports: they print as they should.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Fastify plugins and hooks are async by type, whether or not they wait.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // Declared classes of others come from their own factories.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // There are no enums, and it asks for the type of every expression.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // What a room gives out are closures, not methods: they may be taken apart.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['src/pages/**/*.tsx'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'JSXText[value=/\\p{L}/u], JSXAttribute[name.name=/^(aria-label|title|label|placeholder|alt)$/] > Literal',
          message: 'Texts are in the catalogues of src/pages/languages.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // What the body of an answer holds is what a test is about to find out.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      // Once the subtests that it knows of are done, tap ends a file, and what begins later is never run.
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Program > ExpressionStatement > AwaitExpression, Program > ForOfStatement[await=true]',
          message: 'Await what subtests need before the first of them, and the rest within one.',
        },
        {
          selector: 'Program > ExpressionStatement ~ VariableDeclaration > VariableDeclarator > AwaitExpression',
          message: 'Await what subtests need before the first of them.',
        },
      ],
      // tap runs subtests in order by itself and never rejects these.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafePromises: [{ from: 'package', name: 'PromiseWithSubtest', package: '@tapjs/core' }] },
      ],
    },
  },
  {
    files: ['scripts/load/*.js'],
    languageOptions: { globals: { __ENV: 'readonly', console: 'readonly', open: 'readonly' } },
  },
  {
    files: ['scripts/**/*.mjs', 'test/**/*.mjs', '*.config.js'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
)
