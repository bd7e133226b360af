/** What requests are told apart by, compiled. Types only; proxy/ may import this file. */

/** A value in a request. Names of fields are lower case, those of others as they are sent. */
export interface NamedKeyConfig {
  readonly kind: 'header' | 'cookie' | 'parameter';
  readonly name: string;
}

/** One of the words `W`, or a value in the request. */
export type RequestKeyConfig<W extends string> = { readonly kind: W } | NamedKeyConfig;
