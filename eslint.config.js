import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  globalIgnores(['dist', 'data', 'coverage', '.tap', 'src/generated']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // Numbers in template strings are ids and ports: they print as they should.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Fastify plugins and hooks are async by type, whether or not they wait.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // What a room gives out are closures, not methods: they may be taken apart.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['scripts/*.mjs', '*.config.js'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } },
  },
)
