import { createWitnessApp } from '../lib/witness-app.ts';

createWitnessApp().synth();
