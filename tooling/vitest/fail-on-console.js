import { afterEach, beforeEach, expect } from 'vitest';

// a library that prints is a library nobody can embed, so any console call during a test fails it
const methods = /** @type {const} */ (['log', 'info', 'warn', 'error', 'debug', 'trace']);
const { ...originals } = console;

/** @type {{ method: string, values: readonly unknown[] }[]} */
const calls = [];

beforeEach(() => {
  for (const method of methods) {
    console[method] = (/** @type {unknown[]} */ ...values) => calls.push({ method: `console.${method}`, values });
  }
});

afterEach(() => {
  for (const method of methods) console[method] = originals[method];
  expect(calls.splice(0), 'console calls during the test').toEqual([]);
});
