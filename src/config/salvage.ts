/**
 * When the schema refuses some entries of a file, the cross-field rules still have something to say
 * about the others. Salvage leaves out exactly what was refused.
 */
import type { z } from 'zod';

type Tree = Record<string, unknown>;

/** Sections that are maps of entries by name, where one broken entry does not spoil the rest. */
const entrySections = [
  'nodes',
  'virtual_routers',
  'health_scripts',
  'upstreams',
  'rate_limits',
  'concurrency_limits',
  'caches',
  'listeners',
];

/** A copy of `value` without the entries that `issues` are about. */
export function salvage(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  if (!isMap(value)) return value;
  const copy = structuredClone(value) as Tree;
  for (const issue of issues) {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      const parent = at(copy, path);
      for (const key of issue.keys) if (parent !== null) delete parent[key];
    } else {
      leaveOut(copy, path);
    }
  }
  for (const section of entrySections) {
    const map = copy[section];
    if (isMap(map) && Object.keys(map).length === 0) delete copy[section];
  }
  return copy;
}

/** Names in a section of the file as written; empty when the section is no map. */
export function namesIn(value: unknown, section: string): readonly string[] {
  const map = isMap(value) ? value[section] : undefined;
  return isMap(map) ? Object.keys(map) : [];
}

function leaveOut(copy: Tree, path: readonly string[]): void {
  const [section, entry] = path;
  if (section === undefined) return;
  const map = copy[section];
  if (entry !== undefined && entrySections.includes(section) && isMap(map)) delete map[entry];
  else delete copy[section];
}

/** The map at `path`, or null when something on the way is no map or list. */
function at(tree: Tree, path: readonly string[]): Tree | null {
  let node: unknown = tree;
  for (const step of path) {
    if (typeof node !== 'object' || node === null) return null;
    node = (node as Tree)[step];
  }
  return isMap(node) ? node : null;
}

function isMap(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
