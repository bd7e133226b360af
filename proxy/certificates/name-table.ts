/** Which certificates a client gets that asks for a name. Pure. */

/** A certificate as the table sees it. */
export interface NamedCertificate {
  readonly names: readonly string[];
  readonly keyKind: string;
}

/**
 * Exact names first, then `*.` for one label. Of several certificates for one name the first of each
 * kind of key counts: they are one group, out of which the client gets the one it can check.
 */
export class NameTable {
  /** Places in the list of certificates, by group. */
  readonly groups: readonly (readonly number[])[];
  /** The group for clients that ask for no name; null: there is no certificate. */
  readonly byDefault: number | null;
  readonly #byName = new Map<string, number>();

  constructor(certificates: readonly NamedCertificate[]) {
    const groups: (readonly number[])[] = [];
    const known = new Map<string, number>();
    const groupOf = (members: readonly number[]) => {
      const key = members.join();
      const group = known.get(key) ?? groups.push(members) - 1;
      known.set(key, group);
      return group;
    };
    for (const [name, members] of membersByName(certificates)) {
      this.#byName.set(name, groupOf(members));
    }
    const first = certificates[0];
    // The others of the first one's name are as good for clients that ask for none.
    const sameName = first?.names.map((name) => this.#byName.get(name)!) ?? [];
    const whole = sameName.find((group) => groups[group]!.includes(0));
    this.byDefault = first === undefined ? null : (whole ?? groupOf([0]));
    this.groups = groups;
  }

  /** The group for a name in lower case; null: none has it. */
  find(name: string): number | null {
    const exact = this.#byName.get(name);
    if (exact !== undefined) return exact;
    const dot = name.indexOf('.');
    // The label that stands for the star is not empty.
    return dot > 0 ? (this.#byName.get(`*${name.slice(dot)}`) ?? null) : null;
  }
}

function membersByName(
  certificates: readonly NamedCertificate[],
): ReadonlyMap<string, readonly number[]> {
  const byName = new Map<string, number[]>();
  for (const [index, { names, keyKind }] of certificates.entries()) {
    for (const name of names) {
      const members = byName.get(name) ?? [];
      byName.set(name, members);
      if (!members.some((member) => certificates[member]!.keyKind === keyKind)) members.push(index);
    }
  }
  return byName;
}
