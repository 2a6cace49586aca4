/**
 * `npm run cost`: what SHHH costs in a month at 1, 100 and 3,000 entries/s, from a dated price list and what `cdk synth`
 * would deploy. `-- --json` adds one last line of JSON, `-- --write` puts the tables into the documents,
 * `-- --rate 500 --logs 20 --spacing 100` computes a load of your own.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SHIP_SETTINGS } from '../functions/ingest/domain/ship.ts';
import type { Load } from './cost/load.ts';
import { monthlyCost } from './cost/model.ts';
import { readPriceList } from './cost/prices.ts';
import { costTable, generatedParts, LOADS } from './cost/report.ts';
import { withGeneratedParts } from './support/documents.ts';
import { inventoryOfProduction } from './cost/synthesize.ts';
import { PROJECT_ROOT } from './support/project.ts';

/** Documents with generated parts. */
const DOCUMENTS = ['docs/cost.md', 'README.md'];

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    rate: { type: 'string' },
    logs: { type: 'string', default: '1' },
    spacing: { type: 'string', default: String(SHIP_SETTINGS.dispatch.spacingMs) },
  },
});

/** The load that was asked for, else those of the README. */
function loads(): readonly Load[] {
  if (values.rate === undefined) return LOADS;
  const [entriesPerSecond, logs, spacingMs] = [values.rate, values.logs, values.spacing].map(Number);
  if (!(Number(entriesPerSecond) > 0) || !(Number(logs) >= 1) || !(Number(spacingMs) >= 0)) {
    throw new Error('Give --rate in entries a second, --logs from 1 on, and --spacing in milliseconds.');
  }
  return [{ entriesPerSecond: Number(entriesPerSecond), logs: Number(logs), spacingMs: Number(spacingMs) }];
}

try {
  run();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function run(): void {
  const prices = readPriceList();
  const asked = loads();
  const inventory = inventoryOfProduction();
  const costs = asked.map((load) => monthlyCost(load, inventory, prices));

  console.log(
    `Prices of ${prices.region}, ${prices.architecture}, checked ${prices.checked}; no free tier, no tax.\n`,
  );
  console.log(costTable(costs).replaceAll('**', '  '));
  if (values.write) {
    const parts = generatedParts(inventory, prices);
    for (const document of DOCUMENTS) {
      const file = path.join(PROJECT_ROOT, document);
      writeFileSync(file, withGeneratedParts(readFileSync(file, 'utf8'), parts));
    }
    console.log(`\nWritten into ${DOCUMENTS.join(' and ')}.`);
  }
  if (values.json) {
    console.log(
      JSON.stringify({
        checked: prices.checked,
        monthly: costs.map(({ load, lines, totalUsd }) => ({
          ...load,
          totalUsd: Number(totalUsd.toFixed(2)),
          services: Object.fromEntries(lines.map(({ service, usd }) => [service, Number(usd.toFixed(2))])),
        })),
      }),
    );
  }
}
