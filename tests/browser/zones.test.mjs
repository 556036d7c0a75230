// The switch in the footer: times in UTC or in the reader's zone.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { scenario } from './lib/scenario.mjs';

const times = (page) => page.locator('time[datetime*="T"]').allInnerTexts();

scenario('times change between UTC and my zone, and the choice is kept', {
  token: 'used', as: { timezoneId: 'Asia/Kolkata' },
}, async ({ admin, page }) => {
  await admin.open();
  const before = await times(page);
  assert.ok(before.length > 0);
  assert.equal(await page.getByText('All times are in UTC unless marked otherwise.').isVisible(), false);

  await page.getByRole('button', { name: 'my zone' }).click();

  const mine = await times(page);
  for (const text of mine) assert.match(text, /^\d{1,2} \w{3,4} \d{4}, \d\d:\d\d UTC\+5:30$/);
  const at = await page.locator('time[datetime*="T"]').first().getAttribute('datetime');
  const expected = new Date(Date.parse(at) + 5.5 * 3600 * 1000).toISOString().slice(11, 16);
  assert.ok(mine[0].includes(`, ${expected} `), `${at} is not ${mine[0]}`);
  assert.equal(await page.getByText('your time').count() && await page.getByText('your time').isVisible(), false);
  await audit(page);

  await admin.open('/admin/activity');
  for (const text of await times(page)) assert.match(text, /UTC\+5:30$/);
  assert.equal(await page.getByRole('button', { name: 'my zone' }).getAttribute('aria-pressed'), 'true');
  await page.getByRole('button', { name: 'UTC', exact: true }).click();
  await admin.open();
  assert.deepEqual(await times(page), before);
});

scenario('the offset is that of the day, and west is marked by a minus sign', {
  token: 'used', as: { timezoneId: 'America/New_York' }, at: '2026-11-22 14:03:00',
}, async ({ admin, page }) => {
  await admin.open();
  await page.getByRole('button', { name: 'my zone' }).click();
  const told = await times(page);
  assert.ok(told.some((text) => text.endsWith('UTC\u22125')), told.join());
  // Half a year later the clocks show another time.
  assert.ok(told.some((text) => text.endsWith('UTC\u22124')), told.join());
});

scenario('without JavaScript a sentence stands there', {
  token: 'used', as: { javaScriptEnabled: false },
}, async ({ admin, page }) => {
  await admin.open();
  await page.getByText('All times are in UTC unless marked otherwise.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'my zone' }).count(), 0);
});
