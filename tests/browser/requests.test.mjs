// How many requests arrive, and who sends them: the card on the Authentication page, and its own page.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { scenario } from './lib/scenario.mjs';

const NOW = '2026-11-25 09:41:00';
const OKTA = 'Okta SCIM Client 1.0.0';
const V6 = '2001:db8:85a3:8d3:1319:8a2e:370:7348';

/** Requests of 29 days and of today, as the server would have counted them, with four callers. */
function count(server) {
  const now = Date.parse(`${NOW.replace(' ', 'T')}Z`) / 1000;
  const midnight = now - (now % 86400);
  const caller = (day, address, agent, accepted, refused, first, last) => (
    `INSERT INTO callers (day, address, token_id, agent, accepted, refused, first_at, last_at) VALUES
      (${midnight - day * 86400}, '${address}', '', '${agent}', ${accepted}, ${refused}, ${first}, ${last});`
  );
  server.sql(`
    DELETE FROM request_hours;
    INSERT INTO request_hours (hour, accepted, refused)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 30 * 24 - 15)
    SELECT ${midnight} - 29 * 86400 + i * 3600,
      CASE i / 24 WHEN 5 THEN 0 ELSE 40 + i % 17 END, CASE i / 24 WHEN 7 THEN 9 ELSE 0 END
    FROM n WHERE ${midnight} - 29 * 86400 + i * 3600 <= ${now};
    UPDATE locks SET taken = taken + 1 WHERE name = 'usage';
    ${caller(0, '203.0.113.24', OKTA, 27418, 14, now - 64 * 86400, now - 240)}
    ${caller(0, V6, OKTA, 1102, 0, now - 54 * 86400, now - 7200)}
    ${caller(2, '198.51.100.77', 'curl/8.11.0', 3, 2, now - 2 * 86400, now - 2 * 86400)}
    ${caller(6, '', '', 12, 0, now - 60 * 86400, now - 6 * 86400)}`);
}

scenario('a new installation says what will stand there', {}, async ({ admin, page }) => {
  await admin.open();
  const card = page.getByRole('region', { name: 'Requests' });

  await card.getByRole('heading', { name: 'No request yet' }).waitFor();
  await audit(page);

  await admin.open('/admin/requests');
  await page.getByText('Nobody has called.').waitFor();
  await audit(page);
});

for (const javaScriptEnabled of [true, false]) {
  scenario(`the card shows 30 days and who called, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, {
    at: NOW, as: { javaScriptEnabled },
  }, async ({ admin, page, server }) => {
    await admin.generate();
    await admin.generate();
    count(server);
    await admin.open();
    const card = page.getByRole('region', { name: 'Requests' });

    const say = await card.locator('.say').innerText();
    assert.match(say, /^Today 452 accepted, 0 refused\. Usual day: about 1,150\.$/);
    const chart = card.getByRole('img');
    assert.match(await chart.getAttribute('aria-label'), /216 refused on 3 Nov\. No request on 1 Nov\.$/);
    assert.equal(await chart.locator('rect.ok').count(), 29);
    assert.equal(await chart.locator('rect.none').count(), 1);
    assert.equal(await chart.locator('rect.no').count(), 1);
    assert.equal(await chart.locator('line.swap').count(), 1);
    await card.getByText('Token replaced', { exact: true }).waitFor();

    const callers = await card.locator('.callers tbody tr').allInnerTexts();
    assert.equal(callers.length, 4);
    assert.match(callers[2], /^curl 8\s+New\s+198\.51\.100\.77\s/);
    assert.match(callers[3], /^Others\s+various\s/);
    const curl = card.getByText('curl/8.11.0');
    assert.equal(await curl.isVisible(), false);
    await card.getByText('curl 8').click();
    assert.equal(await curl.isVisible(), true);

    const table = card.getByRole('table', { name: 'Requests in the last 30 days' });
    assert.equal(await table.isVisible(), false);
    await card.getByText('Show as a table').click();
    const rows = await table.getByRole('row').allInnerTexts();
    assert.equal(rows.length, 31);
    assert.match(rows[1], /^25 Nov \(token replaced\)\s+452\s+0$/);
    assert.match(rows[23], /^3 Nov\s+1,\d{3}\s+216$/);
    if (javaScriptEnabled) await audit(page);
  });
}

scenario('the page shows 48 hours by hour', { at: NOW, token: 'used' }, async ({ admin, page, server }) => {
  count(server);
  await admin.open();
  await page.getByRole('link', { name: 'Last 48 hours by hour' }).click();
  await page.getByRole('heading', { name: 'Requests', level: 1 }).waitFor();
  const card = page.getByRole('region', { name: 'Last 48 hours by hour' });

  assert.match(await card.locator('.say').innerText(), /^In 48 hours 2,\d{3} accepted, 0 refused\.$/);
  assert.equal(await card.locator('.chart rect.ok').count(), 48);
  assert.equal(await card.locator('.chart rect.part').count(), 1);
  await page.getByText('A name in this list is what the caller says about itself.').waitFor();
  await audit(page);
});

scenario('numbers that cannot be read leave the rest of the page alone', {
  token: 'used',
}, async ({ admin, page, server }) => {
  server.sql('ALTER TABLE callers RENAME TO elsewhere');
  await admin.open();

  await page.getByRole('region', { name: 'Requests' }).getByText('The numbers cannot be read at the moment.').waitFor();
  await page.getByRole('button', { name: 'Generate Token' }).waitFor();
  await audit(page);
});
