/** `node attacker.ts NAME PORT SECONDS`: one attack, in a process of its own; says `begun` and ends by itself. */
import { attacks } from './attacks.ts';

const [name, port, seconds] = process.argv.slice(2);
const attack = attacks.find((one) => one.name === name);
if (attack === undefined) throw new RangeError(`no attack ${name}`);
setTimeout(() => process.exit(0), Number(seconds) * 1000);
attack.run(Number(port));
console.log('begun');
