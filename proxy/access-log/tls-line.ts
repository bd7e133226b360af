/** The variables of a line that say how the connection was secured. */
import type { TlsVariable } from '../../src/config/access-log-config.ts';
import { TLS_VALUES } from '../http1/tls-values.ts';
import type { TlsInfo } from '../tls/tls-info.ts';
import { orNone } from './followed-line.ts';
import type { LineWriter } from './line-writer.ts';

/** A request or session: `client` is whose it is. */
interface OfClient {
  readonly client: { readonly tls: TlsInfo | null };
}

type TlsWriter = (out: LineWriter, followed: OfClient) => void;

/** Their writers. */
export const tlsLine = Object.fromEntries(
  Object.entries(TLS_VALUES).map(([name, value]): [string, TlsWriter] => [
    name,
    (out, { client: { tls } }) => orNone(out, tls === null ? null : value(tls)),
  ]),
) as Readonly<Record<TlsVariable, TlsWriter>>;
