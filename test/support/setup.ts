import { setup } from '../../scripts/setup.ts';

/** What the fast tests need: the native layer that everything else uses too. */
export default async function prepare(): Promise<void> {
  await setup({ log: console.error });
}
