/** What is inside the package, for whoever has to know whether a CVE concerns it: CycloneDX 1.6. Pure. */
import type { Release } from './control.ts';

/** A package of the lockfile that ships. */
export interface Shipped {
  readonly name: string;
  readonly version: string;
  readonly licence: string | undefined;
  /** Subresource integrity as npm notes it, sha512 in base64. */
  readonly integrity: string | undefined;
}

interface Component {
  readonly type: 'library' | 'platform';
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly licenses?: readonly unknown[];
  readonly hashes?: readonly unknown[];
}

/** Of process.versions those that get security fixes of their own. */
const INSIDE_NODE = [
  ...(['v8', 'uv', 'openssl', 'zlib', 'brotli', 'zstd', 'nghttp2', 'ada'] as const),
  ...(['ares', 'llhttp', 'undici', 'simdjson', 'icu', 'sqlite', 'ngtcp2', 'nghttp3'] as const),
];

/** The document; the same for the same package, so without a time or a serial number. */
export function sbom(
  { version }: Release,
  shipped: readonly Shipped[],
  versions: Readonly<Record<string, string | undefined>>,
): string {
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', name: 'tandem', version } },
    components: [...platform(versions), ...shipped.map(library)],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function platform(versions: Readonly<Record<string, string | undefined>>): Component[] {
  const inside = INSIDE_NODE.flatMap((name): Component[] => {
    const version = versions[name];
    return version === undefined ? [] : [{ type: 'library', name, version }];
  });
  const { node = '' } = versions;
  return [
    { type: 'platform', name: 'node', version: node, purl: `pkg:generic/node@${node}` },
    ...inside,
  ];
}

function library({ name, version, licence, integrity }: Shipped): Component {
  const sha512 = integrity?.startsWith('sha512-') === true ? integrity.slice(7) : undefined;
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(licence === undefined ? {} : { licenses: [{ license: { name: licence } }] }),
    ...(sha512 === undefined
      ? {}
      : { hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] }),
  };
}
