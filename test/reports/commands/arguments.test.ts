import { describe, expect, test } from 'vitest';
import { parseReportCommand } from '../../../scripts/reports/arguments.ts';

const parse = (line: string) => parseReportCommand(line.split(' ').filter((word) => word !== ''));
const QUARTER = '--from 2026-07-01 --until 2026-10-01';

describe('npm run report', () => {
  test('asks the deployed function for a period, or for the last one of a kind', () => {
    expect(
      parse(`--framework gdpr --framework soc2 ${QUARTER} --time-zone Europe/Berlin --stage prod`),
    ).toEqual({
      ok: true,
      value: {
        do: 'make',
        request: {
          ...{ frameworks: ['gdpr', 'soc2'], timeZone: 'Europe/Berlin' },
          ...{ from: '2026-07-01', until: '2026-10-01' },
        },
        from: { stage: 'prod' },
      },
    });
    expect(parse('make --last quarterly')).toMatchObject({
      value: { request: { frameworks: [], timeZone: 'UTC', last: 'quarterly' }, from: { stage: 'dev' } },
    });
  });

  test('makes it from a copy of the log with keys that were named', () => {
    expect(parse(`${QUARTER} --log copy --key a --key b --out reports`)).toMatchObject({
      value: { from: { log: 'copy', keys: ['a', 'b'], out: 'reports', name: 'from a copy of the log' } },
    });
  });

  test('verifies a folder and lists what is there', () => {
    expect(parse('verify reports/x --key k')).toEqual({
      ok: true,
      value: { do: 'verify', folder: 'reports/x', keys: ['k'] },
    });
    expect(parse('list gdpr --stage prod')).toEqual({
      ok: true,
      value: { do: 'list', below: 'gdpr/', stage: 'prod' },
    });
    expect(parse('help')).toEqual({ ok: true, value: { do: 'help' } });
  });

  test.each([
    ['--framework gdpr', 'Name the period'],
    ['--from 2026-07-01', 'Name the period'],
    ['--last yearly', 'yearly is none of weekly, monthly, quarterly'],
    [`${QUARTER} --log copy --out x`, 'Name the keys of the log'],
    [`${QUARTER} --log copy --key k`, 'Name the directory'],
    [`${QUARTER} --log copy --key k --out x --stage prod`, 'exclude each other'],
    ['verify', 'Name the folder'],
    ['publish', 'publish is nothing that can be done: make, verify or list'],
    ['list gdpr soc2', 'one thing too many: soc2'],
    ['--nothing', "Unknown option '--nothing'"],
  ])('refuses %j and says what to do', (line, why) => {
    expect(parse(line)).toEqual({ ok: false, error: expect.stringContaining(why) as string });
  });
});
