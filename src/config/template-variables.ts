/**
 * The variables of templates in headers, redirects and rewrites: their names and what they say. The
 * names are the access log's where it has the variable, and mean the same. proxy/rewriting/ has one
 * writer for each (the compiler sees to it), docs/REWRITING.md one row for each (a test does).
 */
import { requestVariables, tlsVariables } from './access-log-variables.ts';

/** What a variable says, for docs/REWRITING.md. */
export interface TemplateVariableDoc {
  readonly doc: string;
}

const {
  host,
  request_method,
  request_uri,
  uri,
  args,
  server_protocol,
  scheme,
  remote_addr,
  remote_port,
  remote_user,
  server_addr,
  server_port,
  listener,
  route,
  upstream,
  request_id,
  trace_id,
  span_id,
} = requestVariables;

/** Known when a request has its route. */
export const templateVariables = {
  host,
  request_method,
  request_uri,
  uri,
  path: { doc: 'the normalised path, as it is forwarded' },
  args,
  is_args: { doc: '`?` where there is a query, else nothing' },
  server_protocol,
  scheme,
  remote_addr,
  remote_port,
  remote_user,
  server_addr,
  server_port,
  listener,
  route,
  upstream,
  request_id,
  trace_id,
  span_id,
  ...tlsVariables,
} as const satisfies Readonly<Record<string, TemplateVariableDoc>>;
export type TemplateVariable = keyof typeof templateVariables;
