/**
 * `npm run soak`: the same for a long time. `--hours N`: a pair, and drills in random order;
 * `--seconds N`: one balancer, and clients that break off anywhere.
 */
import { pairSoak, pairUsage } from '../drills/soak/pair-soak.ts';
import { balancerSoak, balancerUsage } from './balancer-soak.ts';

const USAGE = `usage: ${pairUsage}
       ${balancerUsage}

  --hours     a pair in network namespaces: drills in an order that the seed gives, under the clients of
              drills; between them the pair must be whole again, with nothing left of the fault
  --from      begin with that drill of the order (default 1)
  --seconds   one balancer: clients that break off anywhere, before origins that die anywhere
  --seed      the same seed gives the same order (default 1)
  --io        the balancer's engine: auto, net, uring (default auto)`;

async function main(argv: readonly string[]): Promise<number> {
  try {
    if (argv.includes('--help')) {
      console.log(USAGE);
      return 0;
    }
    const hours = argv.some((word) => /^--hours(=|$)/.test(word));
    return await (hours ? pairSoak(import.meta.filename, argv) : balancerSoak(argv));
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
