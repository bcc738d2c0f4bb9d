import { describe, expect, it, vi } from 'vitest';

const loaded = vi.hoisted(() => new Set<string>());
vi.mock('@tensorflow/tfjs', () => {
  loaded.add('tfjs');
  return { version_core: '' };
});
vi.mock('@tensorflow/tfjs-backend-wasm', () => {
  loaded.add('wasm');
  return {};
});

describe('the package', () => {
  it('loads TensorFlow.js at its train entry only', async () => {
    await import('./index.js');
    await import('./init.js');
    await import('./save.js');
    await import('./train/schedule.js');
    expect([...loaded]).toEqual([]);
    await import('./train/index.js');
    expect([...loaded].sort()).toEqual(['tfjs', 'wasm']);
  });
});
