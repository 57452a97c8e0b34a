/** Jest in native ESM; TypeScript is stripped by swc, types are checked by `npm run check`. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/backend', '<rootDir>/scripts', '<rootDir>/admin'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/(backend/|admin/)?dist'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  testTimeout: 30_000,
  // A worker keeps something of every file that it has run; past this it is started anew, so that 2 GB are enough for all.
  workerIdleMemoryLimit: '400MB',
};
