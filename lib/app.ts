import { App, Tags, Validations, type AppProps } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Settings } from './config/settings.ts';
import { settingsFor } from './config/stages.ts';
import { AssuranceStack } from './stacks/assurance-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { DetectionStack } from './stacks/detection-stack.ts';
import { ResponseStack } from './stacks/response-stack.ts';

/**
 * The whole application for the stage that the context names (`-c stage=…`, `-c architecture=…`).
 * Synthesis fails on any finding of cdk-nag that is not acknowledged in place.
 * @param change makes other settings of the stage's
 */
export function createApp(
  props: AppProps = {},
  change: (settings: Settings) => Settings = (settings) => settings,
): App {
  const app = new App(props);
  const settings = change(settingsFor((key) => app.node.tryGetContext(key)));
  const prefix = `shhh-${settings.stage}`;
  const data = new DataStack(app, `${prefix}-data`, { settings });
  const detection = new DetectionStack(app, `${prefix}-detection`, { data });
  const response = new ResponseStack(app, `${prefix}-response`, { data });
  new AssuranceStack(app, `${prefix}-assurance`, { data, detection, response });
  Tags.of(app).add('application', 'shhh');
  Tags.of(app).add('stage', settings.stage);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
