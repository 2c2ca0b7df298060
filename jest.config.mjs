import { availableParallelism } from 'node:os';

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  testTimeout: 30_000,
  testSequencer: '<rootDir>/__tests__/support/real-builds-first.cjs',
  // some tests build images and boot them: more than two at a time would only slow each other down
  maxWorkers: Math.min(2, availableParallelism()),
};
