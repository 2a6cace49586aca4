import { App } from 'aws-cdk-lib';
import { createApp } from '../lib/app.ts';
import { settingsFor } from '../lib/config/stages.ts';

// The CLI hands context to whichever App is made first; this one only reads it.
const context = new App().node;
createApp(settingsFor((key) => context.tryGetContext(key))).synth();
