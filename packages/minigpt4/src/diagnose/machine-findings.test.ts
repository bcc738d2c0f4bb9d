import { MiniGPT4Error } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { cudaFinding, nodeFinding } from './machine-findings.js';

describe('nodeFinding', () => {
  it.each([
    ['18.20.0', 'failure'],
    ['20.18.9', 'failure'],
    ['20.19.0', 'ok'],
    ['22.1.0', 'ok'],
  ])('%s: %s', (version, level) => {
    expect(nodeFinding(version).level).toBe(level);
  });
});

describe('cudaFinding', () => {
  const works = async () => {};
  it.each([
    ['', 'no NVIDIA driver'],
    [
      'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023',
      'driver 535.104.05, and',
    ],
    ['NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build', 'driver 550.54.15, and'],
  ])('reads %j', async (driver, message) => {
    const finding = await cudaFinding(driver, works);
    expect([finding.level, finding.message]).toEqual(['ok', expect.stringContaining(message)]);
  });

  it('says why the engine cannot use a card that is there', async () => {
    const refuse = () =>
      Promise.reject(new MiniGPT4Error('DEVICE_UNAVAILABLE', 'CUDA: no, expected a, got b. Install a.'));
    const finding = await cudaFinding('Kernel Module  535.1 x', refuse);
    expect(finding).toEqual({
      level: 'warning',
      code: 'CUDA',
      message: 'NVIDIA driver 535.1; CUDA: no, expected a, got b.',
      fix: 'Install a.',
    });
  });
});
