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
      invocation.output.note(
        'name one of: a URL, --prefix, --tag, --all (tandem purge --help explains)',
      );
      return 2;
    }
    return order(query, invocation);
  },
};

function queryOf({ args, options }: Invocation): Record<string, string> | null {
  const { prefix, tag, all, cache } = options;
  const given = Object.entries({ url: args[0], prefix, tag, all: all === true ? '1' : undefined });
  const targets = given.filter(([, value]) => typeof value === 'string') as [string, string][];
  if (targets.length !== 1) return null;
  return { ...Object.fromEntries(targets), ...(typeof cache === 'string' && { cache }) };
}

async function order(
  query: Readonly<Record<string, string>>,
  { env, json, output }: Invocation,
): Promise<ExitStatus> {
  const { orderBalancer, socketOf } = await import('../halves.ts');
  const path = '/purge';
  const answer = await orderBalancer<{ readonly purged: number }>(
    socketOf(env, 'proxy'),
    path,
    query,
  );
  if (json) output.json(answer.ok ? answer.result : { error: answer.error });
  else if (answer.ok) output.line(`purged: ${answer.result.purged}`);
  else output.note(answer.error);
  if (answer.ok) return 0;
  return answer.wrong ? 2 : 1;
}
