import { describe, expect, it } from 'vitest';
import { crypt } from './crypt.ts';

const HASHES = [
  '$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.',
  '$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.',
  '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW',
  '$y$j9T$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT3S5O3Q7SSA8SJirXIlEu9',
];

describe('crypt', () => {
  it.each(HASHES)('makes %s of its password, and not of another', async (hash) => {
    expect(await crypt(Buffer.from('secret'), hash)).toBe(hash);
    expect(await crypt(Buffer.from('Secret'), hash)).not.toBe(hash);
  });

  it('says so when it cannot', async () => {
    expect(await crypt(Buffer.from('secret'), '$nonsense$x')).toBeNull();
  });

  it('hashes several at a time', async () => {
    const made = await Promise.all(HASHES.map((hash) => crypt(Buffer.from('secret'), hash)));
    expect(made).toEqual(HASHES);
  });
});
