import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // Many tests wait for a database or a timer: with a worker a core, a third of the cores would be idle.
  maxWorkers: availableParallelism() + 1,
  // Modules of each file stay in memory in ESM mode: after a hundred files a worker would reach Node's limit.
  workerIdleMemoryLimit: '1500MB',
  testMatch: [
    '<rootDir>/libs/**/*.spec.ts',
    '<rootDir>/sample-app/**/*.spec.ts',
    '<rootDir>/test/**/*.spec.ts',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'es6' },
      },
    ],
  },
  moduleNameMapper: {
    '^nestjs-ses-reputation$': '<rootDir>/libs/ses-reputation/src/index.ts',
    '^nestjs-ses-reputation/(testing|migrations|cloudwatch|sqs|lambda|nodemailer)$':
      '<rootDir>/libs/ses-reputation/src/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testTimeout: 60_000,
};
