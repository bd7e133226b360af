/** What the configuration file of a swarm says, as far as a run changes it. */
import type { Prng } from './prng.ts';
import type { SwarmOptions } from './swarm-options.ts';

/** One edition of the file. */
export interface SwarmFile {
  /** By host. */
  readonly priorities: readonly number[];
  readonly advertIntervalMs: number;
  readonly preempt: boolean;
  readonly preemptDelayMs: number;
  /** Last parts of the addresses of `web`. */
  readonly addresses: readonly number[];
  readonly scriptWeight: number | null;
  readonly bfdIntervalMs: number | null;
  /** Virtual routers besides `web`, each best on another host. */
  readonly extras: number;
}

/** An edition after another, and what is new in it. */
export interface FileChange {
  readonly file: SwarmFile;
  readonly text: string;
}

const FIRST_ADDRESS = 100;
const EXTRAS_MAX = 2;

/** The edition that the hosts start with. */
export function firstFile(options: SwarmOptions): SwarmFile {
  return {
    priorities: options.hosts.map(({ priority }) => priority),
    advertIntervalMs: options.advertIntervalMs,
    preempt: options.preempt,
    preemptDelayMs: options.preemptDelayMs,
    addresses: Array.from({ length: options.addressCount }, (_, i) => FIRST_ADDRESS + i),
    scriptWeight: options.scriptWeight,
    bfdIntervalMs: options.bfdIntervalMs,
    extras: options.extras,
  };
}

type Edit = (file: SwarmFile, options: SwarmOptions, prng: Prng) => FileChange | null;

const swapPriorities: Edit = (file) => {
  const [first, ...rest] = file.priorities;
  const priorities = [...rest, first!];
  return { file: { ...file, priorities }, text: `priorities ${priorities.join(', ')}` };
};

const onePriority: Edit = (file, _options, prng) => {
  const host = prng.integer(0, file.priorities.length - 1);
  const priorities = file.priorities.with(host, prng.pick([10, 50, 100, 150, 200, 254]));
  return { file: { ...file, priorities }, text: `priorities ${priorities.join(', ')}` };
};

/** Version 2 discards what has another interval or other addresses: there only all at once will do. */
const interval: Edit = (file, options, prng) => {
  if (options.version === 2) return null;
  const factors = [1, 2, 5, 10].filter((factor) => factor * options.advertIntervalMs <= 1000);
  const advertIntervalMs = options.advertIntervalMs * prng.pick(factors);
  return { file: { ...file, advertIntervalMs }, text: `interval ${advertIntervalMs} ms` };
};

const preempt: Edit = (file) => ({
  file: { ...file, preempt: !file.preempt },
  text: `preempt ${!file.preempt}`,
});

const preemptDelay: Edit = (file, _options, prng) => {
  const preemptDelayMs = prng.chance(0.5) ? 0 : prng.integer(1, 2_000);
  return { file: { ...file, preemptDelayMs }, text: `preempt delay ${preemptDelayMs} ms` };
};

const addresses: Edit = (file, options, prng) => {
  if (options.version === 2) return null;
  const [first, ...rest] = file.addresses;
  const more = FIRST_ADDRESS + prng.integer(1, 3);
  const others = rest.includes(more) ? rest.filter((one) => one !== more) : [...rest, more];
  const list = [first!, ...others];
  return { file: { ...file, addresses: list }, text: `addresses ${list.join(', ')}` };
};

const scriptWeight: Edit = (file, _options, prng) => {
  const weight = prng.pick([null, 0, -20, -60, -160, 60]);
  return { file: { ...file, scriptWeight: weight }, text: `script's weight ${weight}` };
};

const bfd: Edit = (file, options, prng) => {
  if (options.bfdIntervalMs === null) return null;
  const bfdIntervalMs =
    file.bfdIntervalMs === null ? options.bfdIntervalMs : prng.pick([null, 2 * file.bfdIntervalMs]);
  if (bfdIntervalMs !== null && bfdIntervalMs > 4 * options.bfdIntervalMs) return null;
  return { file: { ...file, bfdIntervalMs }, text: `BFD every ${bfdIntervalMs} ms` };
};

const extras: Edit = (file, _options, prng) => {
  const count = prng.integer(0, EXTRAS_MAX);
  return { file: { ...file, extras: count }, text: `${count} more virtual routers` };
};

const EDITS: readonly Edit[] = [
  swapPriorities,
  onePriority,
  interval,
  preempt,
  preemptDelay,
  addresses,
  scriptWeight,
  bfd,
  extras,
];

/** Somebody edits the file; null when what is drawn makes no sense here. */
export function editFile(file: SwarmFile, options: SwarmOptions, prng: Prng): FileChange | null {
  return prng.pick(EDITS)(file, options, prng);
}
