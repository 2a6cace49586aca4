/** The model's answer as tables, and where they stand in the documents. */
import { SHIP_SETTINGS } from '../../functions/ingest/domain/ship.ts';
import { hostCost } from './hosts.ts';
import type { Inventory } from './inventory.ts';
import type { Load } from './load.ts';
import { monthlyCost, type MonthlyCost } from './model.ts';
import type { PriceList } from './prices.ts';

const { spacingMs } = SHIP_SETTINGS.dispatch;

/** The loads that the README speaks of. */
export const LOADS: readonly Load[] = [
  { entriesPerSecond: 1, logs: 1, spacingMs },
  { entriesPerSecond: 100, logs: 10, spacingMs },
  { entriesPerSecond: 3_000, logs: 30, spacingMs },
];

const HOST_RATES = [1, 100, 500, 1_000, 3_000, 8_000] as const;
const VARIED_LOGS = [1, 10, 30, 100] as const;
const VARIED_SPACINGS_MS = [20, 60, 250, 500] as const;

const count = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const money = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Columns as wide as their widest cell; the first to the left, the others to the right; as Markdown, which reads well as text. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...body.map(line)].join('\n');
}

const rateOf = ({ entriesPerSecond }: Load): string =>
  entriesPerSecond === 1 ? '1 entry/s' : `${count.format(entriesPerSecond)} entries/s`;

/** What each service costs at each load, in US$ a month. */
export function costTable(costs: readonly MonthlyCost[]): string {
  const services = costs[0]?.lines.map((line) => line.service) ?? [];
  return table([
    ['US$ a month', ...costs.map(({ load }) => rateOf(load))],
    ...services.map((service) => [
      service,
      ...costs.map(({ lines }) => money.format(lines.find((line) => line.service === service)?.usd ?? 0)),
    ]),
    ['**Total**', ...costs.map(({ totalUsd }) => `**${money.format(totalUsd)}**`)],
    ['logs that share the entries', ...costs.map(({ load }) => count.format(load.logs))],
    ['dispatches a second', ...costs.map(({ activity }) => activity.dispatchesPerSecond.toFixed(1))],
    ['findings a month', ...costs.map(({ activity }) => count.format(activity.findings))],
  ]);
}

/** The totals alone, to the dollar. */
function summaryTable(costs: readonly MonthlyCost[]): string {
  return table([
    ['load', ...costs.map(({ load }) => rateOf(load))],
    ['US$ a month', ...costs.map(({ totalUsd }) => `≈ ${count.format(totalUsd)}`)],
  ]);
}

/** The total at the highest of the loads, by how many logs share it and how often a dispatch leaves. */
function sensitivityTable(inventory: Inventory, prices: PriceList): string {
  const entriesPerSecond = Math.max(...LOADS.map((load) => load.entriesPerSecond));
  return table([
    [
      `US$ a month at ${count.format(entriesPerSecond)} entries/s`,
      ...VARIED_SPACINGS_MS.map((ms) => `every ${ms} ms`),
    ],
    ...VARIED_LOGS.map((logs) => [
      logs === 1 ? '1 log' : `${logs} logs`,
      ...VARIED_SPACINGS_MS.map((spacing) =>
        count.format(monthlyCost({ entriesPerSecond, logs, spacingMs: spacing }, inventory, prices).totalUsd),
      ),
    ]),
  ]);
}

/** The shipper alone, as a function and as a container. */
function hostTable(inventory: Inventory, prices: PriceList): string {
  return table([
    ['US$ a month for the shipper alone', 'vCPU it needs', 'Lambda', 'MB', 'Fargate', 'vCPU, GB'],
    ...HOST_RATES.map((rate) => {
      const { entriesPerSecond, vcpuNeeded, lambda, fargate } = hostCost(rate, inventory, prices);
      return [
        `${count.format(entriesPerSecond)} entries/s`,
        vcpuNeeded.toFixed(2),
        lambda === undefined ? 'too small' : money.format(lambda.usd),
        lambda === undefined ? '' : count.format(lambda.memoryMb),
        fargate === undefined ? 'too small' : money.format(fargate.usd),
        fargate === undefined ? '' : `${fargate.vcpu}, ${fargate.gb}`,
      ];
    }),
  ]);
}

/** What the templates hold. */
function inventoryTable(inventory: Inventory): string {
  const { functions } = inventory;
  return table([
    ['counted in the synthesized templates (stage prod)', 'number'],
    ['functions', String(Object.keys(functions).length)],
    ['memory of the shipper, MB', count.format(functions.shipper.memoryMb)],
    ['memory of the detector, MB', count.format(functions.detector.memoryMb)],
    ['a run of the shipper, s; one starts each minute', String(inventory.shipperRunSeconds)],
    ['KMS keys', String(inventory.keys)],
    ['alarms', String(inventory.alarms)],
    ['tables, with point-in-time recovery', `${inventory.tables}, ${inventory.tablesWithBackup}`],
    ['indexes of the quarantine', String(inventory.quarantineIndexes)],
    ['queues that Lambda polls', String(inventory.polledQueues)],
    ['schedules', String(inventory.schedules)],
    ['days that logs are kept', String(inventory.logRetentionDays)],
    ['days that findings are kept', String(inventory.findingRetentionDays)],
  ]);
}

/** Every price with where it comes from. */
function priceTable({ prices }: PriceList): string {
  return table([
    ['what', 'US$', 'per', 'AWS page', 'corroborated by'],
    ...Object.values(prices).map((price) => [
      price.what,
      price.usd.toFixed(10).replace(/0+$/, '').replace(/\.$/, ''),
      price.per,
      price.page,
      price.corroborated ?? 'nothing: from memory',
    ]),
  ]);
}

/** Generated parts of the documents, by the name in their markers. */
export function generatedParts(inventory: Inventory, prices: PriceList): Readonly<Record<string, string>> {
  const costs = LOADS.map((load) => monthlyCost(load, inventory, prices));
  return {
    'cost-table': costTable(costs),
    'cost-summary': summaryTable(costs),
    'cost-sensitivity': sensitivityTable(inventory, prices),
    'cost-hosts': hostTable(inventory, prices),
    'cost-inventory': inventoryTable(inventory),
    'cost-prices': priceTable(prices),
  };
}
