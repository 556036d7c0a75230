// A form that is sent after the session has ended: nothing is sent, and it comes back filled in.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { ADA } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';

const OPENED = '2026-11-22 10:00:00';
const LATE = '2026-11-22 10:31:00';

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with the script' : 'without the script';
  scenario(`an invitation that was sent too late is still there after the login, ${how}`, {
    at: OPENED, as: { javaScriptEnabled },
  }, async ({ admin, page, server }) => {
    await admin.open('/admin/server-admins');
    await page.getByLabel('Name').fill('Heidi “H” Lamarr');
    await page.getByLabel('Email').fill('heidi@example.com');
    server.setClock(LATE);
    await page.getByRole('button', { name: /invit/i }).first().click();

    await page.getByText('Nothing was sent.').waitFor();
    await page.getByText('what you typed is kept').waitFor();
    if (javaScriptEnabled) await audit(page);
    await page.getByLabel('Email').fill(ADA.email);
    await page.getByLabel('Password', { exact: true }).fill(ADA.password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();

    await page.getByText('Nothing was sent').waitFor();
    assert.equal(new URL(page.url()).pathname, '/admin/server-admins');
    assert.equal(await page.getByLabel('Name').inputValue(), 'Heidi “H” Lamarr');
    assert.equal(await page.getByLabel('Email').inputValue(), 'heidi@example.com');
    if (javaScriptEnabled) await audit(page);
    assert.equal(server.sql("SELECT count(*) FROM activity WHERE kind = 'admin_invited';"), '0');

    await page.reload();
    assert.equal(await page.getByLabel('Email').inputValue(), '', 'it is shown once');
  });
}
