import type { HttpRulesConfig } from '../../src/config/proxy-config.ts';
import { type FieldRules, REQUEST_RULES } from './scan-fields.ts';

/** What a listener takes for a request, beyond sizes. */
export interface RequestRules {
  readonly fields: FieldRules;
  /** Protocols that may be asked for, lower case. */
  readonly upgrades: readonly string[];
  /** Our name in Via, lower case. */
  readonly via: string;
  /** A field in which trusted proxies name the client, so that none can remove it; '' for none. */
  readonly clientField: string;
}

/** What holds where nothing is configured. */
export const DEFAULT_RULES: RequestRules = {
  fields: REQUEST_RULES,
  upgrades: ['websocket'],
  via: 'tandem',
  clientField: '',
};

/** The rules of a listener. */
export function requestRules(config: HttpRulesConfig): RequestRules {
  return {
    fields: { ...REQUEST_RULES, underscores: config.underscores },
    upgrades: config.upgrades,
    via: config.via.toLowerCase(),
    clientField: config.clientIp?.header ?? '',
  };
}
