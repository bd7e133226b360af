import { configJsonSchema } from '../../config/index.ts';
import type { CliCommand } from '../command.ts';

/** `tandem schema`: the config language for editors. */
export const schema: CliCommand = {
  name: 'schema',
  summary: 'print the JSON Schema of the config file, for editors',
  group: 'Configuration',
  details: `Editors with the YAML language server complete and check a file that begins
with
  # yaml-language-server: $schema=/etc/tandem/tandem.schema.json
after
  tandem schema > /etc/tandem/tandem.schema.json`,
  shared: [],
  async run({ output }) {
    output.json(configJsonSchema());
    return 0;
  },
};
