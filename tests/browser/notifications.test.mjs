// Notifications: what was mailed, what will be, and what went wrong.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { ADA, GRACE } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';

const PATH = '/admin/notifications';
const region = (page, name) => page.getByRole('region', { name });
const status = (page) => page.getByRole('status');

scenario('without a mail server every page says that nobody can be reached', {
  token: 'unused',
}, async ({ admin, page }) => {
  for (const path of ['/admin/authentication', '/admin/server-admins', PATH, '/admin/activity']) {
    await admin.open(path);
    await page.locator('.page-notice').filter({ hasText: 'No Server Admin can be reached by mail' }).waitFor();
  }
  await admin.open(PATH);
  const settings = region(page, 'Settings');
  await settings.getByText('Not set').waitFor();
  await settings.getByText('and reach nobody').waitFor();
  await region(page, /^15 days before/).getByText('Will reach nobody').first().waitFor();
  await region(page, /^Token generated/).getByText('Written to a file').first().waitFor();
  await audit(page);
  await page.getByRole('button', { name: 'Send test mail' }).click();
  await status(page).filter({ hasText: 'The test mail was written to a file and reaches nobody.' }).waitFor();
});

scenario('a test mail is sent, or the answer of the mail server is shown', {
  mail: true,
}, async ({ admin, page, mailbox }) => {
  await admin.open(PATH);
  await audit(page);
  await page.getByRole('button', { name: 'Send test mail' }).click();
  await status(page).filter({ hasText: `Test mail sent to ${ADA.email}.` }).waitFor();
  assert.equal(mailbox.mails.length, 1);

  mailbox.refusals.set(ADA.email, '550 5.1.1 No such user here');
  await page.getByRole('button', { name: 'Send test mail' }).click();
  await status(page).filter({ hasText: '5.1.1 No such user here' }).waitFor();
  await audit(page);
});

scenario('each mail to each admin: scheduled, sent, tried again, failed, superseded', {
  mail: true, at: '2026-09-04 14:03:00',
}, async (stage) => {
  const { admin, page, mailbox, server } = stage;
  await stage.colleague();
  await admin.generate(3);
  await admin.open(PATH);
  const fifteen = region(page, /^15 days before/);
  assert.match(await fifteen.innerText(), /19 Nov 2026[^]*Scheduled/);

  // Its exit code says that something was refused, which is the point here.
  const notify = () => server.command(['notify']).catch(() => {});
  mailbox.refusals.set(GRACE.email, '451 4.7.1 Greylisted, try again later');
  server.setClock('2026-11-19 09:00:00');
  await notify();
  await admin.logIn();
  await admin.open(PATH);
  await fifteen.getByText('Retrying').first().waitFor();
  await fifteen.getByText('4.7.1 Greylisted, try again later').waitFor();
  await audit(page);

  mailbox.refusals.set(GRACE.email, '550 5.1.1 No such user here');
  server.setClock('2026-12-04 12:00:00');
  await notify();
  await admin.logIn();
  await admin.open(PATH);
  await region(page, /^1 day before/).getByText('Superseded').first().waitFor();
  const day = region(page, /^On the day/);
  await day.getByText('Sent 1 of 2').waitFor();
  await day.getByText('5.1.1 No such user here').waitFor();
  assert.match(await region(page, /^1 day after/).innerText(), /5 Dec 2026[^]*Scheduled/);
  await audit(page);

  await admin.open();
  const card = region(page, 'Expiry notifications');
  assert.match(await card.innerText(), /On the day\s+4 Dec 2026\s+Sent 1 of 2/);
  await audit(page);
  assert.ok(mailbox.mails.some((mail) => /^Subject: .*SCIM token expires today/m.test(mail)));
});
