// The demo: what a visitor sees first.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { generate } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

scenario('the demo shows a token that expires soon, and what happened in months', {
  demo: true,
}, async ({ admin, page }) => {
  await admin.open();
  await page.getByText('Expires soon').waitFor();
  await page.getByText(/^The SCIM token expires in 12 days, on /).waitFor();
  await audit(page);

  await admin.open('/admin/server-admins');
  for (const name of ['Ada Lovelace', 'Grace Hopper', 'Katherine Johnson']) {
    await page.getByText(name).first().waitFor();
  }
  await audit(page);

  await admin.open('/admin/notifications');
  const before = page.getByRole('region', { name: /^15 days before/ });
  await before.getByText('550 5.1.1 No such user here').waitFor();
  assert.equal(await before.getByText('Sent', { exact: true }).count(), 2);
  await audit(page);

  for (const path of ['/admin/activity', '/admin/account']) {
    await admin.open(path);
    await audit(page);
  }
});

scenario('a token is replaced in the demo, and a test mail is sent', {
  demo: true,
}, async ({ admin, page, server }) => {
  await admin.open();
  const token = await generate(admin);
  assert.equal(await server.present(token), 200);
  await admin.open('/admin/notifications');
  await page.getByRole('button', { name: 'Send test mail' }).click();
  await page.getByRole('status').filter({ hasText: 'Test mail sent to ada@example.com.' }).waitFor();
});
