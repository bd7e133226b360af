import { tandemVersion } from '../../runtime/version.ts';
import type { CliCommand } from '../command.ts';

/** `tandem version`: Tandem and what is inside it that gets security fixes of its own. */
export const version: CliCommand = {
  name: 'version',
  summary: 'print the versions of Tandem, Node.js and OpenSSL',
  group: 'Configuration',
  shared: ['json'],
  async run({ json, output }) {
    const { node, openssl } = process.versions;
    const versions = { tandem: tandemVersion(), node, openssl };
    if (json) output.json(versions);
    else output.line(`tandem ${versions.tandem} (Node.js ${node}, OpenSSL ${openssl})`);
    return 0;
  },
};
