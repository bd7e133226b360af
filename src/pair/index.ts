/** The connection between the two agents: the one place the rest of the program imports it from. */
export { PairLink, type PairLinkOptions } from './pair-link.ts';
export { readSecret, type Secret } from './secret.ts';
