/** What routes change of messages and answer themselves, as the balancer is given it. */
import { extname } from 'node:path';
import type { HeldPages } from './page-files.ts';
import type {
  BasicAuthConfig,
  CorsConfig,
  ErrorPageConfig,
  FieldEdits,
  FieldTemplate,
  ForwardAuthConfig,
  HeaderRules,
  MaintenanceConfig,
  PageConfig,
  RedirectConfig,
  RespondConfig,
  RewriteConfig,
  RewritingConfig,
  SecurityField,
} from './rewriting-config.ts';
import type { RouteEntry } from './route-names.ts';
import { parsePageStatus } from './schema/answers.ts';
import type { ListenerEntry } from './schema/index.ts';
import { securityFieldNames, securityFields } from './security-fields.ts';
import { templateOf } from './template.ts';

type HttpListenerEntry = Extract<ListenerEntry, { protocol: 'http' }>;
type PageEntry = {
  readonly body?: string | undefined;
  readonly body_file?: string | undefined;
  readonly content_type?: string | undefined;
};

const PLAIN = 'text/plain; charset=utf-8';
/** Types of page files by their extensions. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.htm': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.svg': 'image/svg+xml',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};
const MAINTENANCE_TEXT = '503 Service Unavailable: down for maintenance\n';

/** The one for a route; without a route: for requests of the listener that have none. */
export function compileRewriting(
  listener: HttpListenerEntry,
  route: RouteEntry | null,
  pages: HeldPages,
): RewritingConfig | undefined {
  const compiled: RewritingConfig = {
    headers: compileHeaders(listener, route),
    errorPages: [...compileErrorPages(route, pages), ...compileErrorPages(listener, pages)],
    maintenance: compileMaintenance(route?.maintenance ?? listener.maintenance, pages),
    redirect: compileRedirect(route?.redirect),
    respond: compileRespond(route?.respond, pages),
    rewrite: compileRewrite(route?.rewrite),
    cors: compileCors(route?.cors),
    basicAuth: compileBasicAuth(route?.basic_auth),
    forwardAuth: compileForwardAuth(route?.forward_auth),
    methods: route?.methods ?? [],
  };
  const empty = Object.values(compiled).every((part) =>
    Array.isArray(part) ? part.length === 0 : part === null,
  );
  return empty ? undefined : compiled;
}

/** Clients see what servers say of themselves. */
export function passesServer(listener: HttpListenerEntry, route: RouteEntry): boolean {
  return (route.server_header ?? listener.server_header) === 'pass';
}

function compileHeaders(listener: HttpListenerEntry, route: RouteEntry | null): HeaderRules | null {
  const both = [listener.headers, route?.headers].filter((one) => one !== undefined);
  const rules = {
    request: both.map(({ request }) => compileEdits(request)).filter(isEdit),
    response: both.map(({ response }) => compileEdits(response)).filter(isEdit),
    security: compileSecurity(route?.security_headers ?? listener.security_headers),
  };
  return Object.values(rules).every((list) => list.length === 0) ? null : rules;
}

type EditsEntry = NonNullable<RouteEntry['headers']>['request'];

function compileEdits({ remove, set, add }: EditsEntry): FieldEdits {
  const lower = remove.map((name) => name.toLowerCase());
  return { remove: lower, set: compileFields(set), add: compileFields(add) };
}

function isEdit({ remove, set, add }: FieldEdits): boolean {
  return remove.length + set.length + add.length > 0;
}

function compileFields(map: Readonly<Record<string, string>>): readonly FieldTemplate[] {
  return Object.entries(map).map(([name, value]) => ({ name, value: templateOf(value) }));
}

function compileSecurity(entry: RouteEntry['security_headers']): readonly SecurityField[] {
  if (entry === undefined || entry === 'off') return [];
  const changes = entry === 'strict' ? {} : entry;
  return securityFieldNames.flatMap((name) => {
    const preset = securityFields[name];
    const value = changes[name] ?? preset.value;
    return value === 'off' ? [] : [{ name, value, secure: 'secure' in preset }];
  });
}

/** The types by extension, and the text where there is no page. */
export function compilePage(entry: PageEntry, pages: HeldPages, text: string): PageConfig {
  const { body, body_file: file, content_type: type } = entry;
  if (file === undefined) return { body: Buffer.from(body ?? text), contentType: type ?? PLAIN };
  const byExtension = TYPES[extname(file).toLowerCase()] ?? PLAIN;
  return { body: pages.get(file) ?? new Uint8Array(), contentType: type ?? byExtension };
}

type PagesOwner = Pick<RouteEntry, 'error_pages'> | null;

/** Single statuses first. */
function compileErrorPages(owner: PagesOwner, pages: HeldPages): readonly ErrorPageConfig[] {
  const all = Object.entries(owner?.error_pages ?? {}).flatMap(([key, entry]) => {
    const statuses = parsePageStatus(key);
    if (!statuses.ok) return [];
    const [from, to] = statuses.value;
    return [{ from, to, page: compilePage(entry, pages, ''), intercept: entry.intercept }];
  });
  return all.sort((left, right) => left.to - left.from - (right.to - right.from));
}

function compileMaintenance(
  entry: RouteEntry['maintenance'],
  pages: HeldPages,
): MaintenanceConfig | null {
  if (entry === undefined) return null;
  return {
    file: entry.when_file ?? null,
    page: compilePage(entry, pages, MAINTENANCE_TEXT),
    retryAfterSeconds: Math.ceil(entry.retry_after / 1000),
    allow: entry.allow,
  };
}

function compileRedirect(entry: RouteEntry['redirect']): RedirectConfig | null {
  if (entry === undefined) return null;
  if (entry === 'https') return { status: 308, to: templateOf('https://$host$request_uri') };
  return { status: entry.status, to: templateOf(entry.to) };
}

function compileRespond(entry: RouteEntry['respond'], pages: HeldPages): RespondConfig | null {
  if (entry === undefined) return null;
  if (entry === 'ready') return 'ready';
  const page = compilePage(entry, pages, '');
  const none = entry.body === undefined && entry.body_file === undefined;
  return {
    status: entry.status,
    page: none ? null : page,
    fields: compileFields(entry.headers),
  };
}

function compileRewrite(entry: RouteEntry['rewrite']): RewriteConfig | null {
  if (entry === undefined) return null;
  const { path, host, query } = entry;
  const replace = path?.replace;
  return {
    path:
      path === undefined
        ? null
        : {
            strip: path.strip ?? null,
            replace:
              replace === undefined
                ? null
                : { pattern: replace.regex, with: templateOf(replace.with) },
            prefix: path.prefix ?? null,
          },
    host: host === undefined ? null : templateOf(host),
    query:
      query === undefined
        ? null
        : { remove: query.remove, set: compileFields(query.set), add: compileFields(query.add) },
  };
}

function compileCors(entry: RouteEntry['cors']): CorsConfig | null {
  if (entry === undefined) return null;
  const { max_age, ...rest } = entry;
  return { ...rest, maxAgeSeconds: Math.floor(max_age / 1000) };
}

function compileBasicAuth(entry: RouteEntry['basic_auth']): BasicAuthConfig | null {
  if (entry === undefined) return null;
  const { plain_passwords: plain, ...rest } = entry;
  return { ...rest, plain };
}

function compileForwardAuth(entry: RouteEntry['forward_auth']): ForwardAuthConfig | null {
  if (entry === undefined) return null;
  const { upstream, path, request_headers, response_headers, timeout } = entry;
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
  return {
    upstream,
    path,
    requestHeaders: lower(request_headers),
    responseHeaders: lower(response_headers),
    timeoutMs: timeout,
  };
}
