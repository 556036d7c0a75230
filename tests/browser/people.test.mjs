// Server Admins, one's own account, and the activity list.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { ADA, GRACE } from './lib/browser.mjs';
import { clipboard, focusIsOn } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const says = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();
const row = (page, name) => page.getByRole('listitem').filter({ hasText: name });
const password = (page, label) => page.getByLabel(label, { exact: true });

/** Invites Grace and returns the link that she is to open. */
async function invite({ admin, page }) {
  await admin.open('/admin/server-admins');
  await page.getByLabel('Name').fill(GRACE.name);
  await page.getByLabel('Email').fill(GRACE.email);
  await page.getByRole('button', { name: 'Invite' }).click();
  return page.getByLabel('Invitation link').inputValue();
}

scenario('an invitation makes another Server Admin, once', {}, async (stage) => {
  const { page } = stage;
  const link = await invite(stage);
  await audit(page);
  await page.getByRole('link', { name: 'Done' }).click();
  await page.getByRole('heading', { name: 'Open invitations' }).waitFor();
  assert.ok(!(await page.content()).includes(link), 'the link is displayed once');
  await audit(page);

  const guest = await stage.visitor();
  guest.expect(/status of 410/);
  await guest.page.goto(link);
  await audit(guest.page);
  await guest.page.getByLabel('Password', { exact: true }).fill(GRACE.password);
  await guest.page.locator('form button[type=submit]').click();
  await guest.page.getByRole('heading', { name: 'Authentication', level: 1 }).waitFor();

  await page.reload();
  await row(page, GRACE.email).getByRole('link', { name: `Edit ${GRACE.name}` }).waitFor();
  assert.equal(await page.getByRole('heading', { name: 'Open invitations' }).count(), 0);
  await guest.page.goto(link);
  await guest.page.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
});

scenario('a withdrawn invitation is worth nothing', {}, async (stage) => {
  const { page } = stage;
  const link = await invite(stage);
  await page.getByRole('link', { name: 'Done' }).click();
  await page.getByRole('button', { name: `Withdraw the invitation of ${GRACE.name}` }).click();
  await says(page, 'The invitation was withdrawn.');

  const guest = await stage.visitor();
  guest.expect(/status of 410/);
  await guest.page.goto(link);
  await guest.page.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
});

scenario('a password link lets a colleague choose a new password, once', {
  as: { permissions: ['clipboard-read', 'clipboard-write'] },
}, async (stage) => {
  const { admin, page } = stage;
  const grace = await stage.colleague();
  await grace.open('/admin/account');
  grace.expect(/status of 410/);
  await admin.open('/admin/server-admins');
  await page.getByRole('link', { name: `Edit ${GRACE.name}` }).click();
  await audit(page);
  await page.getByRole('button', { name: 'Send a password link' }).click();
  const link = await page.getByRole('textbox', { name: 'Password link' }).inputValue();
  await audit(page);
  const leave = page.waitForEvent('dialog');
  const left = page.getByRole('link', { name: 'Done' }).click({ noWaitAfter: true });
  const warning = await leave;
  assert.equal(warning.type(), 'beforeunload', 'who has not copied the link is asked');
  await warning.dismiss();
  await left;
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Copied', { exact: true }).waitFor();
  assert.equal(await clipboard(page), link);
  await page.getByRole('link', { name: 'Done' }).click();
  await page.getByRole('heading', { name: 'Server Admins', level: 1 }).waitFor();
  assert.ok(!(await page.content()).includes(link), 'the link is displayed once');

  const phone = await stage.visitor();
  phone.expect(/status of 4\d\d/);
  await phone.page.goto(link);
  await audit(phone.page);
  await password(phone.page, 'New password').fill('passwordpassword');
  await phone.page.getByRole('button', { name: 'Save and log in' }).click();
  await phone.page.locator('#fresh-error').waitFor();
  await audit(phone.page);
  await grace.page.reload();
  await grace.page.getByRole('heading', { name: 'Your account' }).waitFor();
  await password(phone.page, 'New password').fill('seven lanterns over harbour');
  await phone.page.getByRole('button', { name: 'Save and log in' }).click();
  await says(phone.page, 'Your password was changed.');
  assert.ok(!phone.page.url().includes('code'));
  await grace.page.reload();
  await grace.page.getByRole('heading', { name: 'Log in to Admin Settings' }).waitFor();
  await grace.page.goto(link);
  await grace.page.getByText('This link was used, replaced or is older than 24 hours.').waitFor();
  await audit(grace.page);
});

scenario('deactivating asks first and ends the sessions at once; the last admin stays', {}, async (stage) => {
  const { admin, page } = stage;
  const grace = await stage.colleague();
  await grace.open();
  await admin.open('/admin/server-admins');
  await page.getByRole('link', { name: `Deactivate ${GRACE.name}` }).click();
  await page.getByRole('heading', { name: `Deactivate ${GRACE.name}?` }).waitFor();
  await audit(page);
  await page.getByRole('button', { name: 'Deactivate' }).click();
  await focusIsOn(page, '[role=status][tabindex]');

  await row(page, GRACE.email).getByText('Deactivated').waitFor();
  await audit(page);
  await grace.page.reload();
  await grace.page.getByRole('heading', { name: 'Log in to Admin Settings' }).waitFor();

  assert.equal(await page.getByRole('link', { name: `Deactivate ${ADA.name}` }).count(), 0);
  await admin.open('/admin/server-admins/1/deactivate');
  await page.getByText('The last active Server Admin cannot be deactivated').waitFor();
  await audit(page);
  assert.equal(await page.getByRole('button', { name: 'Deactivate' }).count(), 0);

  await admin.open('/admin/server-admins');
  await page.getByRole('link', { name: `Reactivate ${GRACE.name}` }).click();
  await audit(page);
  await page.getByRole('button', { name: 'Reactivate' }).click();
  await page.getByRole('link', { name: `Deactivate ${GRACE.name}` }).waitFor();
  await grace.logIn(GRACE);
});

scenario('name, address and password can be changed; other sessions end', {}, async (stage) => {
  const { admin, page } = stage;
  admin.expect(/status of 4\d\d/);
  const phone = await stage.visitor();
  await phone.logIn(ADA);
  await admin.open('/admin/account');
  await page.getByRole('button', { name: /^End session/ }).waitFor();
  await audit(page);

  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Ada, Countess of Lovelace');
  await page.getByRole('button', { name: 'Save' }).click();
  await says(page, 'Name and address were saved.');
  await admin.open('/admin/account');
  await password(page, 'Current password').fill('not my password at all');
  await password(page, 'New password').fill(GRACE.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.locator('#present-error').waitFor();
  await audit(page);
  await password(page, 'Current password').fill(ADA.password);
  await password(page, 'New password').fill(GRACE.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('status').waitFor();

  await phone.open();
  await phone.page.getByRole('heading', { name: 'Log in to Admin Settings' }).waitFor();
  await phone.logIn({ ...ADA, password: GRACE.password });
});

scenario('a session on another machine can be ended', {}, async (stage) => {
  const { admin, page } = stage;
  const phone = await stage.visitor();
  await phone.logIn(ADA);
  await admin.open('/admin/account');

  await page.getByRole('button', { name: /^End session/ }).click();

  await says(page, 'The session was ended.');
  await phone.open();
  await phone.page.getByRole('heading', { name: 'Log in to Admin Settings' }).waitFor();
});

scenario('the activity list tells what happened, by pages, by kind and as files', {
  token: 'used',
}, async ({ admin, page, server, token }) => {
  server.sql(`
    INSERT INTO activity (at, kind, actor, subject, count)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
    SELECT 1700000000 + i, 'login_failed', 'scimward', 'person' || i || '@example.com', 1 FROM n;`);
  await admin.open('/admin/activity');
  const entries = page.locator('.feed > li');

  assert.equal(await entries.count(), 50);
  await page.getByText(`You generated token ${token.slice(6, 14)}`).waitFor();
  await page.getByText(`started to use token ${token.slice(6, 14)}`).waitFor();
  const seen = new Set();
  for (;;) {
    for (const text of await entries.locator('p:first-child').allInnerTexts()) seen.add(text);
    const older = page.getByRole('link', { name: 'Older', exact: true });
    if (await older.count() === 0) break;
    const address = page.url();
    await older.click();
    await page.waitForURL((url) => url.href !== address);
  }
  for (let number = 1; number <= 120; number += 1) {
    assert.ok(seen.has(`Login failed for person${number}@example.com`), `entry ${number}`);
  }

  await admin.open('/admin/activity');
  const kinds = page.getByLabel('Show', { exact: true });
  await kinds.selectOption('token_generated');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.waitForURL(/kind=./);
  assert.equal(await entries.count(), 1);
  await audit(page);

  for (const name of ['CSV', 'JSON']) {
    const started = page.waitForEvent('download');
    await page.getByRole('link', { name }).click();
    const download = await started;
    assert.match(download.suggestedFilename(), new RegExp(`^activity.*\\.${name.toLowerCase()}$`));
    const text = await (await download.createReadStream()).toArray().then((parts) => parts.join(''));
    assert.ok(text.includes(token.slice(6, 14)) && !text.includes(token.slice(14)), text);
    if (name === 'JSON') assert.equal(JSON.parse(text).length, 1);
  }
});
