// What must hold for every page and every state of it: an accessibility checker finds nothing in
// any scheme, and nothing is wider than a narrow phone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };
const NARROW = { width: 320, height: 568 };
const PLAIN = { colorScheme: 'light', contrast: 'no-preference', forcedColors: 'none' };

// The structure is the same in every scheme, so only the first looks run every rule.
const COLOURS = ['color-contrast', 'link-in-text-block'];
const LOOKS = [
  { name: 'light', size: WIDE, media: {} },
  { name: 'dark, phone', size: PHONE, media: { colorScheme: 'dark' } },
  { name: 'light, narrow', size: NARROW, media: {}, rules: [] },
  { name: 'light, more contrast', size: WIDE, media: { contrast: 'more' }, rules: COLOURS },
  {
    name: 'dark, more contrast', size: WIDE, rules: COLOURS,
    media: { colorScheme: 'dark', contrast: 'more' },
  },
  { name: 'forced colors', size: WIDE, media: { forcedColors: 'active' }, rules: COLOURS },
];

/** Fails with everything that is wrong with a page as it is shown now. */
export async function audit(page) {
  const size = page.viewportSize();
  await page.evaluate(axe);
  const findings = [];
  for (const look of LOOKS) {
    await page.setViewportSize(look.size);
    await page.emulateMedia({ ...PLAIN, ...look.media });
    const found = [...await inaccessible(page, look.rules), ...await tooWide(page)];
    findings.push(...found.map((text) => `${look.name}: ${text}`));
  }
  await page.emulateMedia(PLAIN);
  await page.setViewportSize(size);
  assert.deepEqual(findings, [], `${new URL(page.url()).pathname}:\n${findings.join('\n')}`);
}

/** What the accessibility checker finds; with `rules`, by these alone. */
export async function inaccessible(page, rules = null, within = null) {
  if (rules?.length === 0) return [];
  const violations = await page.evaluate(async ([only, scope]) => {
    const options = only ? { runOnly: { type: 'rule', values: only } } : {};
    const report = await globalThis.axe.run(scope ?? document, options);
    return report.violations.flatMap((finding) => finding.nodes.map((node) => (
      `${finding.id}: ${node.target.join(' ')}: ${node.failureSummary.replaceAll('\n', ' ')}`
    )));
  }, [rules, within]);
  return violations;
}

/** Elements that make a page scroll sideways. */
function tooWide(page) {
  return page.evaluate(() => {
    const dialog = document.querySelector('dialog[open]');
    const roots = [document.documentElement, ...(dialog ? [dialog] : [])];
    return roots.filter((root) => root.scrollWidth > root.clientWidth).flatMap((root) => {
      const edge = root.getBoundingClientRect().left + root.clientWidth + 0.5;
      const wide = [...root.querySelectorAll('*')]
        .filter((one) => one.getBoundingClientRect().right > edge)
        .map((one) => `${one.tagName.toLowerCase()}.${one.className}`);
      return [`wider than ${root.clientWidth} px: ${root.scrollWidth} px (${wide.slice(0, 5).join(', ')})`];
    });
  });
}

/** Prepares the checker for calls of `inaccessible` on a page. */
export function equip(page) {
  return page.evaluate(axe);
}
