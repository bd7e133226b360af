import type { RequestIdConfig, TraceConfig } from '../../src/config/request-id-config.ts';
import { type RandomFill, RandomIds } from './random-ids.ts';
import { RequestIds } from './request-ids.ts';
import { compileTrust, type Trust } from './trust.ts';

/** `request_id` of a listener, compiled. */
export interface IdRules {
  /** As it is sent. */
  readonly header: string;
  /** For comparing: lower case, `_` for `-`. */
  readonly name: Buffer;
  readonly trusts: Trust;
  readonly respond: boolean;
}

/** `traceparent` of a listener, compiled. */
export interface TraceRules {
  readonly trusts: Trust;
  /** Flags of a trace that begins here. */
  readonly flags: string;
}

/** Gives the requests of one listener their ids. */
export class IdSource {
  readonly random: RandomIds;
  readonly id: IdRules | null;
  readonly trace: TraceRules | null;

  /** `fill` gives random bytes. */
  constructor(id: RequestIdConfig | null, trace: TraceConfig | null, fill: RandomFill) {
    this.random = new RandomIds(fill);
    this.id =
      id === null
        ? null
        : {
            header: id.header,
            name: Buffer.from(id.header.toLowerCase().replaceAll('-', '_')),
            trusts: compileTrust(id.trust),
            respond: id.respond,
          };
    this.trace =
      trace === null
        ? null
        : { trusts: compileTrust(trace.trust), flags: trace.sampled ? '01' : '00' };
  }

  /** An object that holds the ids of one request at a time. */
  next(): RequestIds {
    return new RequestIds(this);
  }
}
