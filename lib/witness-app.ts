import { App, Tags, Validations, type AppProps } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { z } from 'zod';
import { settingsFor } from './config/stages.ts';
import { WitnessStack } from './stacks/witness-stack.ts';

const HOW =
  "npx cdk deploy --app 'node bin/witness.ts' -c name=witness.example.org/w1 -c logKeys='NAME+ID+BASE64 …'";
/** As in a signed note: neither empty nor with a space or a plus in it. */
const witnessName = z.string().regex(/^[^\s+]+$/u);
const keys = z
  .string()
  .transform((text) => text.split(/\s+/).filter((each) => each !== ''))
  .pipe(z.array(z.string().regex(/^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/u)).min(1));

/**
 * The witness as an application of its own, for a second account.
 * @throws Error where the context does not say its name (`-c name=…`) or the logs' keys (`-c logKeys=…`)
 */
export function createWitnessApp(props: AppProps = {}): App {
  const app = new App(props);
  const context = (key: string): unknown => app.node.tryGetContext(key);
  const settings = settingsFor((key) => context(key) ?? (key === 'stage' ? 'prod' : undefined));
  const name = witnessName.safeParse(context('name'));
  if (!name.success) throw new Error(`A witness needs a name without spaces: ${HOW}`);
  const logKeys = keys.safeParse(context('logKeys'));
  if (!logKeys.success) throw new Error(`A witness needs the keys of the logs that it watches: ${HOW}`);
  new WitnessStack(app, `shhh-${settings.stage}-witness`, {
    settings,
    name: name.data,
    logKeys: logKeys.data,
  });
  Tags.of(app).add('application', 'shhh');
  Tags.of(app).add('stage', settings.stage);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
