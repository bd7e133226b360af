/** The effective config in the language of the file, for people to read and for diffs. */
import { stringify } from 'yaml';
import { z } from 'zod';
import type { EffectiveConfig } from './effective.ts';
import { type ConfigFile, configSchema } from './schema/index.ts';

/** Every key with its value, defaults included, as YAML that loads to the same config. */
export function printConfig(config: EffectiveConfig): string {
  return stringify(configValue(config), { lineWidth: 100, flowCollectionPadding: true });
}

/** The same as plain values, for JSON output. Sections without entries are left out. */
export function configValue(config: EffectiveConfig): Readonly<Record<string, unknown>> {
  const written = z.encode(configSchema, withoutEmpty(config));
  return JSON.parse(JSON.stringify(written));
}

/** The schema has no empty sections: a section is there with entries, or not at all. */
function withoutEmpty(config: EffectiveConfig): ConfigFile {
  const sections = Object.entries(config).filter(([, section]) => {
    return section !== undefined && Object.keys(section).length > 0;
  });
  return Object.fromEntries(sections) as unknown as ConfigFile;
}
