import { Command } from 'commander';
import { registerSearchAttributes as register } from '../../client/temporal/attributes';
import { withTemporal } from '../connect';
import { say } from '../output/print';

export function registerSearchAttributes(): Command {
  return new Command('register-search-attributes')
    .description('register the search attributes that jobs show in the Temporal UI, once per namespace')
    .action(async () => {
      await withTemporal(async (client) => {
        const added = await register(client);
        const { namespace } = client.options;
        say(
          added.length > 0
            ? `Registered in the namespace ${namespace}: ${added.join(', ')}. ` +
                'Jobs started from now on show them.'
            : `The namespace ${namespace} already has the search attributes.`,
        );
      });
    });
}
