import type { CliCommand, ExitStatus, Invocation } from '../command.ts';

/** `tandem purge`: takes stored responses out of the caches. */
export const purge: CliCommand = {
  name: 'purge',
  summary: 'take stored responses out of the caches of this host',
  group: 'Operation',
  details: `URL is a whole URL, or a path that stands for every host. All variants of it go.
With --prefix everything that begins so; with --tag what the server has tagged so in
Cache-Tag, Surrogate-Key or xkey; with --all everything. What is being fetched just now
is not stored either. Each host of a pair has its own caches: purge on both. The
running balancer is asked, so -c and --node make no difference.

  tandem purge https://example.com/news?page=1
  tandem purge --prefix /static/
  tandem purge --tag product-17 --cache pages`,
  shared: ['config', 'node', 'json'],
  arguments: [['[url]', 'what is stored of this URL']],
  options: [
    ['--prefix <url>', 'everything that begins so'],
    ['--tag <word>', 'everything with this tag'],
    ['--all', 'everything'],
    ['--cache <name>', 'in this cache only'],
  ],
  async run(invocation) {
    const query = queryOf(invocation);
    if (query === null) {
      invocation.output.note('name one of: a URL, --prefix, --tag, --all (--help explains)');
      return 2;
    }
    return order(query, invocation);
  },
};

function queryOf({ args, options }: Invocation): URLSearchParams | null {
  const { prefix, tag, all, cache } = options;
  const given = Object.entries({ url: args[0], prefix, tag, all: all === true ? '1' : undefined });
  const targets = given.filter(([, value]) => typeof value === 'string') as [string, string][];
  if (targets.length !== 1) return null;
  const query = new URLSearchParams(targets);
  if (typeof cache === 'string') query.set('cache', cache);
  return query;
}

async function order(
  query: URLSearchParams,
  { env, json, output }: Invocation,
): Promise<ExitStatus> {
  const { join } = await import('node:path');
  const { runtimeDir, SOCKETS } = await import('../../runtime/runtime-dir.ts');
  const { ask } = await import('../../control/client.ts');
  const socket = join(runtimeDir(env), SOCKETS.proxy);
  try {
    const { status, body } = await ask(socket, `/purge?${query}`, 'POST');
    const answer = JSON.parse(body) as { readonly purged?: number; readonly error?: string };
    if (json) output.json(answer);
    else if (status === 200) output.line(`purged: ${answer.purged}`);
    else output.note(answer.error ?? `the balancer answered ${status}`);
    return status === 200 ? 0 : 1;
  } catch (error) {
    output.note(`no balancer on ${socket}: ${(error as Error).message}`);
    return 1;
  }
}
