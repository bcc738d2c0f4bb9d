import { describe, expect, it } from 'vitest';
import { readFlagDescriptions } from './flag-descriptions.js';

const country = (name: string, flag: string) => ({
  Government: {
    'Country name': {
      'conventional long form': { text: `Kingdom of ${name}` },
      'conventional short form': { text: name },
    },
    'Flag description': { text: flag },
  },
});

describe('readFlagDescriptions', () => {
  it('finds a country by any spelling of its name', () => {
    const looks = readFlagDescriptions([
      country('Saint Lucia', 'cerulean blue with a gold triangle; more'),
      country('Bahamas, The', 'three equal horizontal bands'),
      country('Cote d\u2019Ivoire', 'three bands'),
    ]);
    expect(looks('St. Lucia')).toBe('cerulean blue with a gold triangle');
    expect(looks('Bahamas')).toBe('three equal horizontal bands');
    expect(looks('C\u00f4te d\u2019Ivoire')).toBe('three bands');
    expect(looks('Kingdom of Saint Lucia')).toBe('cerulean blue with a gold triangle');
    expect(looks('Nowhere')).toBeUndefined();
  });

  it('leaves out what describes no flag of its own', () => {
    const looks = readFlagDescriptions([country('A', 'the flag of Norway is used'), country('B', 'none'), {}]);
    expect([looks('A'), looks('B')]).toEqual([undefined, undefined]);
  });

  it('cuts long descriptions between words', () => {
    const long = `white with ${'a small star and '.repeat(20)}`;
    const [cut] = [country('C', long)].map(one => readFlagDescriptions([one])('C')!);
    expect(cut!.length).toBeLessThanOrEqual(160);
    expect(cut).toMatch(/(star|small)$/);
  });
});
