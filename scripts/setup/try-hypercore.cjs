// Run by setup on a freshly assembled layer: every native part has to load and work, and nothing may come from
// the project's node_modules, which lies above the layer and would hide a forgotten package.
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const modules = path.join(process.argv[2], 'nodejs', 'node_modules');

async function main() {
  const Hypercore = require(path.join(modules, 'hypercore'));
  require(path.join(modules, 'hypercore-storage'));
  const storage = mkdtempSync(path.join(tmpdir(), 'shhh-try-hypercore-'));
  try {
    const core = new Hypercore(storage);
    await core.append('kept');
    if ((await core.get(0)).toString() !== 'kept')
      throw new Error('hypercore reads another block than was written');
    await core.close();
  } finally {
    rmSync(storage, { recursive: true, force: true });
  }
  const strangers = Object.keys(require.cache).filter(
    (file) => file !== __filename && !file.startsWith(modules),
  );
  if (strangers.length > 0) throw new Error(`not in the layer: ${strangers.join(', ')}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
