/**
 * `node testbed/docker/crash-drill.ts`: brings the Compose testbed up, crashes the Active container
 * under traffic, prints the takeover and the outage, takes everything down again.
 */
import { main } from '../drills/main.ts';

process.exitCode = await main(['--docker', 'crash-active']);
