import { isIP } from 'node:net';
import type { ExplainedRequest } from '../../../proxy/index.ts';
import { type CheckedFile, checkFile, compileConfig, formatProblem } from '../../config/index.ts';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';

type ProxyConfig = NonNullable<ReturnType<typeof compileConfig>['proxy']>;

const PORTS = { http: 80, https: 443 } as const;
const NOBODY = '192.0.2.1';

/** `tandem explain`: what would become of this request? */
export const explain: CliCommand = {
  name: 'explain',
  summary: 'say which route a request takes, and why no other',
  group: 'Configuration',
  details: `Asks the config file alone, with the parser, the table of routes and the
features that the balancer has: nothing is sent, and nothing need be running.

  tandem explain https://www.example.com/api/users?page=2
  tandem explain POST http://www.example.com/login -H 'Cookie: beta=1'
  tandem explain https://www.example.com/ --source 203.0.113.9 --json

The listener is the one that is bound to the port of the URL; --listener names it
where that does not tell. Exit status 1: no route takes the request, or it is
refused.`,
  shared: ['config', 'node', 'json'],
  arguments: [
    ['<method-or-url>', 'the method, GET unless told; or the URL'],
    ['[url]', 'the URL'],
  ],
  options: [
    ['--source <address>', `address it comes from (default: ${NOBODY})`],
    ['--listener <name>', 'the HTTP listener that gets it'],
  ],
  repeated: [['-H, --header <line>', 'a header field, "Name: value"; may be repeated']],
  async run(invocation) {
    const { output } = invocation;
    const checked = checkFile(invocation.configPath);
    if (checked.config === null) {
      for (const problem of checked.problems) output.note(formatProblem(problem));
      return 1;
    }
    const proxy = compiled(checked);
    const request = proxy === null ? 'the file has no listeners' : requestOf(invocation, proxy);
    if (typeof request === 'string') {
      output.note(request);
      return 2;
    }
    return answer(proxy!, request, invocation);
  },
};

function compiled({ config, digest }: CheckedFile): ProxyConfig | null {
  return compileConfig(config!, { node: null, digest, cores: 1 }).proxy;
}

/** The request that the command line is about, or what is wrong with that. */
function requestOf({ args, options }: Invocation, proxy: ProxyConfig): ExplainedRequest | string {
  const [first = '', second] = args;
  const [method, url] = second === undefined ? ['GET', first] : [first, second];
  const [, scheme, host, target] = /^(https?):\/\/([^/?#]+)([^#]*)$/.exec(url) ?? [];
  if (scheme === undefined || host === undefined || target === undefined) {
    return `found ${JSON.stringify(url)}; needed: a URL such as https://www.example.com/path`;
  }
  const source = typeof options.source === 'string' ? options.source : NOBODY;
  if (isIP(source) === 0) return `--source: found ${JSON.stringify(source)}; needed: an IP address`;
  const port = Number(/:([0-9]+)$/.exec(host)?.[1] ?? PORTS[scheme as keyof typeof PORTS]);
  const listener = listenerOf(proxy, options.listener, port);
  if ('problem' in listener) return listener.problem;
  return {
    listener: listener.name,
    scheme: scheme as 'http' | 'https',
    method,
    host,
    target: target.startsWith('/') ? target : `/${target}`,
    fields: (options.header as readonly string[] | undefined) ?? [],
    source,
  };
}

function listenerOf(
  { listeners }: ProxyConfig,
  wanted: unknown,
  port: number,
): { readonly name: string } | { readonly problem: string } {
  const http = listeners.filter(({ protocol }) => protocol === 'http');
  const names = http.map(({ name }) => name).join(', ');
  if (http.length === 0) return { problem: 'the file has no HTTP listeners' };
  if (typeof wanted === 'string') {
    const named = http.find(({ name }) => name === wanted);
    return named ?? { problem: `--listener: found ${wanted}; allowed: ${names}` };
  }
  const bound = http.filter(({ binds }) => binds.some((bind) => bind.port === port));
  if (bound.length === 1) return bound[0]!;
  if (http.length === 1) return http[0]!;
  return {
    problem: `port ${port} does not tell which listener is meant; add --listener: ${names}`,
  };
}

async function answer(
  proxy: ProxyConfig,
  request: ExplainedRequest,
  { output, json }: Invocation,
): Promise<ExitStatus> {
  const { explainRequest } = await import('../../../proxy/index.ts');
  const { explanationLines } = await import('../views/explanation-view.ts');
  const explanation = explainRequest(proxy, request);
  if (json) output.json(explanation);
  else for (const line of explanationLines(explanation)) output.line(line);
  const { taken, answer: own } = explanation;
  return taken === null || (own?.code ?? null) !== null ? 1 : 0;
}
