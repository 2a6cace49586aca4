import { setup } from '../../scripts/setup.ts';

/** What every test stands on: the native layers, which this project's own `re2` comes from as well. */
export default async function prepare(): Promise<void> {
  await setup();
}
