/**
 * What becomes of a request, found out with the balancer's own parts: its parser, its table of routes,
 * its features, as far as they ask nobody else. Nothing is sent.
 */
import type {
  HttpListenerConfig,
  ProxyConfig,
  RouteConfig,
} from '../../src/config/proxy-config.ts';
import { AccessFeature } from '../access/access-feature.ts';
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import type { RouteFeature } from '../features/feature.ts';
import { FEATURE_ORDER, type FeatureName } from '../features/order.ts';
import { ClientIdentity } from '../http1/client-identity.ts';
import type { RequestHead } from '../http1/head.ts';
import { identityRules } from '../http1/identity-rules.ts';
import { requestRules } from '../http1/request-rules.ts';
import type { Connection } from '../io/engine.ts';
import { rewritingFeatures } from '../rewriting/index.ts';
import { askedHead, queryOf } from './asked-request.ts';
import { conditionText, pathText } from './condition-text.ts';
import type {
  ExplainedRequest,
  ExplainedRoute,
  ExplainedSplit,
  Explanation,
  OwnAnswer,
} from './explanation.ts';
import { Rehearsal } from './rehearsal.ts';
import { type Candidate, isRefused, type RouteQuery, RouteTable } from './route-table.ts';
import { Split } from './split.ts';

interface Listed {
  readonly config: RouteConfig;
}

/** Explains a request. Throws RangeError when there is no such HTTP listener. */
export function explainRequest(config: ProxyConfig, asked: ExplainedRequest): Explanation {
  const listener = config.listeners.find(({ name }) => name === asked.listener);
  if (listener?.protocol !== 'http') throw new RangeError(`no HTTP listener ${asked.listener}`);
  const head = askedHead(asked, listener.limits, requestRules(listener.rules));
  const client = new ClientIdentity(connectionOf(asked), identityRules(listener.rules));
  const refused = (code: ProxyErrorCode): Explanation => ({
    listener: listener.name,
    request: { ...asked, path: asked.target, client: client.address },
    ...NOTHING,
    answer: answerOf(code),
  });
  if (typeof head === 'string') return refused(head);
  client.heed(head);
  const query = queryOf(head, client);
  return typeof query === 'string' ? refused(query) : explainQuery(listener, head, client, query);
}

const NOTHING = { routes: [], otherHosts: 0, taken: null, forwarded: null } as const;

function explainQuery(
  listener: HttpListenerConfig,
  head: RequestHead,
  client: ClientIdentity,
  query: RouteQuery,
): Explanation {
  const table = new RouteTable<Listed>(listener.routes.map((config) => ({ config })));
  const found = isRefused(query.method) ? 'method_refused' : table.find(query);
  const taken = typeof found === 'string' ? null : found.config;
  const asked = [...table.groups(query.host)].flat();
  const { method, host, path } = query;
  const rehearsal = taken === null ? null : new Rehearsal(taken, head, client, query);
  rehearsal?.run(runnableFeatures(taken!, listener.name));
  const answer = typeof found === 'string' ? answerOf(found) : (rehearsal?.answered ?? null);
  return {
    listener: listener.name,
    request: { method, scheme: client.scheme, host, path, client: client.address },
    routes: asked.map((candidate, index) => {
      const before = asked.findIndex(({ route }) => route.config === taken);
      return explainRoute(candidate, query, taken, before >= 0 && index > before);
    }),
    otherHosts: listener.routes.length - new Set(asked.map(({ route }) => route)).size,
    taken: taken === null ? null : takenOf(taken, head, client),
    answer,
    forwarded: answer === null ? (rehearsal?.forwarded ?? null) : null,
  };
}

function explainRoute(
  { route, path, conditions }: Candidate<Listed>,
  query: RouteQuery,
  taken: RouteConfig | null,
  after: boolean,
): ExplainedRoute {
  const { config } = route;
  const { name, priority, methods } = config;
  const against: string[] = [];
  if (!path(query.path))
    against.push(`path ${pathText({ kind: config.pathKind, text: config.path })}`);
  if (methods.length > 0 && !methods.includes(query.method)) {
    against.push(`method ${methods.join(', ')}`);
  }
  for (const [index, holds] of conditions.entries()) {
    if (!holds(query)) against.push(conditionText(config.conditions[index]!));
  }
  const verdict = config === taken ? 'taken' : after ? 'not asked' : 'no';
  return { name, priority, match: matchText(config), verdict, against: after ? [] : against };
}

function matchText({ hosts, path, pathKind, methods, conditions }: RouteConfig): string {
  return [
    ...(hosts.length === 0 ? [] : [`host ${hosts.join(', ')}`]),
    `path ${pathText({ kind: pathKind, text: path })}`,
    ...(methods.length === 0 ? [] : [`method ${methods.join(', ')}`]),
    ...conditions.map(conditionText),
  ].join('; ');
}

function takenOf(route: RouteConfig, head: RequestHead, client: ClientIdentity) {
  const { name, upstream, limits, timeoutMs } = route;
  return {
    name,
    upstream,
    split: route.split === undefined ? null : explainSplit(route.split, head, client),
    limits: [...(limits?.rates ?? []), ...(limits?.concurrency ?? [])],
    timeoutMs,
    features: featureNames(route),
  };
}

function explainSplit(
  config: NonNullable<RouteConfig['split']>,
  head: RequestHead,
  client: ClientIdentity,
): ExplainedSplit {
  const split = new Split(config);
  const { share, reason } = split.choose(head, client);
  const only = config.shares.filter(({ weight }) => weight > 0).length === 1;
  const known = reason !== 'turn' || only;
  return { upstream: known ? split.upstreamOf(share) : null, reason, shares: config.shares };
}

/** Those that need nothing but the request. */
function runnableFeatures(route: RouteConfig, listener: string): readonly RouteFeature[] {
  const parts = { listener, ready: () => true, now: () => performance.now() };
  const made = rewritingFeatures(route.rewriting, parts);
  if (route.access !== undefined) made.push(new AccessFeature(route.access));
  return made.sort((one, other) => place(one.name) - place(other.name));
}

/** All that the route has, in their order. */
function featureNames(route: RouteConfig): readonly FeatureName[] {
  const names: FeatureName[] = runnableFeatures(route, '').map(({ name }) => name);
  if (route.rewriting?.basicAuth) names.push('basic_auth');
  if (route.rewriting?.forwardAuth) names.push('forward_auth');
  if (route.split !== undefined) names.push('split');
  if (route.mirror !== undefined) names.push('mirror');
  if (route.compression !== undefined) names.push('compression');
  if (route.cache !== undefined) names.push('cache');
  if (route.buffering?.request) names.push('request_buffering');
  if (route.buffering?.response) names.push('response_buffering');
  return names.sort((one, other) => place(one) - place(other));
}

function place(name: FeatureName): number {
  return FEATURE_ORDER.indexOf(name);
}

function answerOf(code: ProxyErrorCode): OwnAnswer {
  return { by: null, status: PROXY_ERRORS[code].status, code, location: null };
}

/** A connection that nobody has made; only its ends are ever asked for. */
function connectionOf({ source, scheme, host }: ExplainedRequest): Connection {
  const secured = {
    protocol: 'TLSv1.3',
    cipher: '',
    serverName: host.replace(/:[0-9]+$/, ''),
    alpn: null,
    resumed: false,
    peerCertificate: null,
  };
  const ends = { remoteAddress: source, remotePort: 0, localAddress: '', localPort: 0 };
  return { ...ends, tls: scheme === 'https' ? secured : null } as Connection;
}
