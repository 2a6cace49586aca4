import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../../../functions/reports/domain/render/html.ts';
import { viewOf } from '../../../../functions/reports/domain/render/view.ts';
import { aReport, hostileText, LONG_ARN, withTexts } from '../../../support/reports/report-builder.ts';

const page = (report = aReport()): string => renderHtml(viewOf(report));
const all = (html: string, pattern: RegExp): string[] =>
  [...html.matchAll(pattern)].map(([, found = '']) => found);
/** Tags with the names of their attributes; what is said in them left out. Backticks make text code, and no more. */
const skeleton = (html: string): string[] =>
  (html.replaceAll(/<\/?code>/g, '').match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));
const styleOf = (html: string): string => /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';

describe('a report as HTML', () => {
  it('needs nothing else: no script, nothing loaded, and a policy that allows neither', () => {
    const html = page();
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\son\w+=/i);
    expect(html).toContain("default-src 'none'");
    expect(all(html, /\ssrc="([^"]*)"/g)).toEqual([]);
    for (const href of all(html, /\shref="([^"]*)"/g)) expect(href).toMatch(/^(?:#|https:\/\/)/);
  });

  it('has a language, one first heading, no level of headings left out, and a way past the contents', () => {
    const html = page();
    expect(html).toContain('<html lang="en-GB">');
    const levels = all(html, /<h([1-6])\b/g).map(Number);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.reduce((before, level) => {
      expect(level).toBeLessThanOrEqual(before + 1);
      return level;
    }, 0);
    for (const landmark of ['<header', '<nav', '<main', '<footer'])
      expect(html.split(landmark)).toHaveLength(2);
    expect(html).toContain('href="#report"');
  });

  it('leads every link and every name to something that is there, once', () => {
    const html = page();
    const ids = all(html, /\sid="([^"]*)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    for (const target of all(html, /\shref="#([^"]*)"/g)) expect(ids).toContain(target);
    for (const names of all(html, /\saria-labelledby="([^"]*)"/g))
      for (const name of names.split(' ')) expect(ids).toContain(name);
  });

  it('tells each table and each chart to who cannot see it', () => {
    const html = page();
    const tables = html.split('<table').slice(1);
    expect(tables.length).toBeGreaterThan(5);
    for (const table of tables) expect(table).toMatch(/^[^>]*>\s*<caption/);
    expect(html).not.toMatch(/<th(?![^>]*scope=)[\s>]/);
    const charts = html.split('<svg').slice(1);
    expect(charts).toHaveLength(3);
    for (const chart of charts)
      expect(chart).toMatch(/^[^>]*role="img"[^>]*aria-labelledby[^>]*><title[\s\S]*<desc/);
  });

  it('says of every control what was asked, found and left to others, and shows long values whole', () => {
    const report = aReport();
    const html = page(report);
    for (const { id, title, beyond } of report.controls) {
      expect(html).toContain(`${id} ${title}`);
      expect(html).toContain(beyond);
    }
    expect(html).toContain(LONG_ARN);
  });

  it('says that nothing happened, and that a source is missing', () => {
    expect(page(aReport('empty'))).toContain('The log holds no entry of this period.');
    expect(page(aReport('missing source'))).toContain('A source is missing. The configuration was not read');
  });

  it('lets no value of the report be more than text', () => {
    const told = (text: () => string): string => {
      const report = withTexts(aReport(), text);
      // Whether the version stands behind the title is the one thing that hangs on what the texts are.
      return page({ ...report, framework: { ...report.framework, version: report.framework.title } });
    };
    const harmless = told(() => 'x');
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1, maxLength: 5 }), (texts) => {
        let at = 0;
        const html = told(() => texts[(at += 1) % texts.length] ?? '');
        expect(skeleton(html)).toEqual(skeleton(harmless));
        const outside = (style: string) => style.replace(/"[^"]*"/g, '""');
        expect(outside(styleOf(html))).toBe(outside(styleOf(harmless)));
        expect(styleOf(html)).not.toContain('<');
      }),
      { numRuns: 25 },
    );
  });

  it('makes no link of an address that a browser would run', () => {
    const report = aReport();
    const html = page({
      ...report,
      framework: { ...report.framework, source: 'javascript:alert(1)' },
    });
    expect(all(html, /\shref="([^"]*)"/g).filter((href) => !href.startsWith('#'))).toEqual([]);
  });
});
