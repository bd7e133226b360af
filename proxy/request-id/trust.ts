import { BlockList } from 'node:net';
import type { TrustConfig } from '../../src/config/request-id-config.ts';

/** Whose word is taken. */
export type Trust = (address: string) => boolean;

/** Compiles who is trusted. */
export function compileTrust(config: TrustConfig): Trust {
  if (config === 'always') return () => true;
  if (config === 'never') return () => false;
  const networks = new BlockList();
  for (const { address, prefixLength } of config) {
    networks.addSubnet(address, prefixLength, family(address));
  }
  return (address) => address !== '' && networks.check(address, family(address));
}

function family(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
