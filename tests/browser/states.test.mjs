// The states of the token: what the Authentication page says in each of them.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { focusIsOn, generateButton, step } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const card = (page) => page.getByRole('region', { name: 'SCIM Token' });
const badge = (page) => card(page).locator('.card-head .badge').innerText();
const expiry = (page) => card(page).locator('.expiry').innerText();
/** Notices at the top about the token. */
const notices = (page) => page.locator('.page-notice').filter({ hasText: /SCIM token expire/ });

/** A token that ends on 4 Dec 2026 at 14:03 UTC, seen by somebody who has just logged in. */
async function at(stage, now) {
  const { admin, server } = stage;
  await admin.generate(3);
  server.setClock(now);
  await admin.logIn();
  await admin.open();
}

scenario('never: says what a token is for and asks nothing', {}, async ({ admin, page }) => {
  await admin.open();

  assert.equal(await badge(page), 'No token');
  await page.getByRole('heading', { name: 'Create the first token' }).waitFor();
  await card(page).getByText('Your identity provider needs a token to sync users and groups over SCIM.').waitFor();
  await card(page).getByText('The token is displayed once. Have the SCIM settings of your identity provider open before you start.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Revoke token' }).count(), 0);
  await audit(page);
});

const STATES = [
  ['2026-10-01 10:00:00', 'Active', 'in 64 days', null],
  ['2026-11-18 23:59:59', 'Active', 'in 16 days', null],
  ['2026-11-19 00:00:00', 'Expires soon', 'in 15 days', 'The SCIM token expires in 15 days, on 4 Dec 2026, 14:03 UTC'],
  ['2026-11-20 10:00:00', 'Expires soon', 'in 14 days', 'The SCIM token expires in 14 days, on 4 Dec 2026, 14:03 UTC'],
  ['2026-12-03 23:59:59', 'Expires soon', 'in 1 day', 'The SCIM token expires in 1 day, on 4 Dec 2026, 14:03 UTC'],
  ['2026-12-04 00:00:00', 'Expires today', 'in 14 hours', 'The SCIM token expires today at 14:03 UTC, in 14 hours'],
  ['2026-12-04 13:38:00', 'Expires today', 'in 25 minutes', 'The SCIM token expires today at 14:03 UTC, in 25 minutes'],
  ['2026-12-04 14:03:00', 'Expired', 'just now', 'The SCIM token expired on 4 Dec 2026, 14:03 UTC. SCIM sync has stopped.'],
  ['2026-12-06 15:00:00', 'Expired', '2 days ago', 'The SCIM token expired on 4 Dec 2026, 14:03 UTC. SCIM sync has stopped.'],
];
// The others look like the one before them.
const LOOKED_AT = ['2026-10-01 10:00:00', '2026-11-20 10:00:00', '2026-12-04 13:38:00', '2026-12-06 15:00:00'];

for (const [now, word, relative, notice] of STATES) {
  scenario(`${now}: ${word}, ${relative}`, { at: '2026-09-04 14:03:00' }, async (stage) => {
    const { page } = stage;
    await at(stage, now);

    assert.equal(await badge(page), word);
    assert.ok((await expiry(page)).includes('4 Dec 2026, 14:03 UTC'), await expiry(page));
    assert.ok((await expiry(page)).includes(relative), await expiry(page));
    assert.equal(await card(page).locator('.expiry time').getAttribute('datetime'), '2026-12-04T14:03:00Z');
    assert.deepEqual(await notices(page).locator('.notice-title').allInnerTexts(), notice ? [notice] : []);
    if (LOOKED_AT.includes(now)) await audit(page);
    for (const path of ['/admin/server-admins', '/admin/notifications', '/admin/activity', '/admin/account']) {
      await stage.admin.open(path);
      assert.equal(await notices(page).count(), notice ? 1 : 0, path);
      if (notice) assert.equal(await notices(page).getByRole('link', { name: 'Go to SCIM Token' }).count(), 1, path);
    }
  });
}

scenario('an expired token is an alert, and replacing it needs no confirmation', {
  at: '2026-09-04 14:03:00',
}, async (stage) => {
  const { admin, page, server } = stage;
  const token = await admin.generate(3);
  await server.use(token);
  server.setClock('2026-12-06 15:00:00');
  assert.equal(await server.present(token), 401);
  await admin.logIn();
  await admin.open();

  await page.getByRole('alert').filter({ hasText: 'SCIM sync has stopped' }).waitFor();
  await admin.open();
  await page.getByText('SCIM sync has stopped.').first().waitFor();
  assert.equal(await page.getByRole('alert').count(), 0, 'a session is told once');
  await generateButton(page).click();
  await page.waitForFunction(() => document.querySelector('#token-dialog [data-el=secret]').value);
  assert.equal(await step(page), 'token');
  server.secrets.add(await page.inputValue('#token-dialog [data-el=secret]'));
});

scenario('days are those of the configured zone', {
  at: '2026-09-04 14:03:00', settings: { SCIMWARD_TIMEZONE: 'Asia/Tokyo' },
}, async (stage) => {
  await at(stage, '2026-12-03 15:00:00');

  assert.equal(await badge(stage.page), 'Expires today', 'in Tokyo the day has begun');
});

for (const [timezoneId, local] of [
  ['Europe/Berlin', '4 Dec 2026, 15:03 your time (Europe/Berlin)'],
  ['America/Los_Angeles', '4 Dec 2026, 06:03 your time (America/Los Angeles)'],
  ['Asia/Kolkata', '4 Dec 2026, 19:33 your time (Asia/Calcutta)'],
  ['UTC', null],
]) {
  scenario(`the expiry in ${timezoneId}`, { at: '2026-09-04 14:03:00', as: { timezoneId } }, async (stage) => {
    await at(stage, '2026-10-01 10:00:00');

    const shown = stage.page.locator('[data-local-of]').first();
    assert.equal(await shown.isVisible(), local !== null);
    if (local) assert.equal(await shown.innerText(), local);
  });
}

scenario('after a replacement the page tells whether the identity provider has switched', {
  token: 'used', settings: { SCIMWARD_TRUSTED_PROXIES: '127.0.0.1' },
}, async ({ admin, page, server, token }) => {
  const next = await admin.generate();
  const from = { 'X-Forwarded-For': '203.0.113.5' };
  await admin.open();
  await card(page).getByText('Old token not presented since').waitFor();

  for (let times = 0; times < 3; times += 1) assert.equal(await server.present(token, from), 401);
  await server.restart();
  await page.reload();
  await card(page).getByText('Old token presented 3 times').waitFor();
  await audit(page);

  await server.use(next, from);
  await page.reload();
  await card(page).getByText('Old token no longer presented').waitFor();
  await card(page).getByText('from 203.0.113.5').first().waitFor();
});

scenario('revoking has a confirmation of its own', { token: 'used' }, async ({ admin, page, server, token }) => {
  await admin.open();
  await page.getByRole('button', { name: 'Revoke token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke the token without replacing it?' });
  await dialog.waitFor();
  await focusIsOn(page, '[data-closes]');
  await audit(page);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await focusIsOn(page, '[data-opens]');
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await server.present(token), 200);

  await page.getByRole('button', { name: 'Revoke token' }).click();
  await dialog.getByRole('button', { name: 'Revoke now' }).click();

  await page.getByRole('status').filter({ hasText: `Token ${token.slice(6, 14)} was revoked.` }).waitFor();
  await focusIsOn(page, '[role=status][tabindex]');
  assert.equal(await server.present(token), 401);
  assert.equal(await badge(page), 'Revoked');
  assert.equal(await page.getByRole('button', { name: 'Revoke token' }).count(), 0);
  await audit(page);
});

scenario('a token that was replaced meanwhile is not revoked by an old page', {
  token: 'used',
}, async ({ admin, page, server }) => {
  await admin.open();
  const next = await server.command(['token', 'generate']);
  server.secrets.add(next);

  await page.getByRole('button', { name: 'Revoke token' }).click();
  await page.getByRole('button', { name: 'Revoke now' }).click();

  await page.getByRole('status').filter({ hasText: 'Nothing was revoked.' }).waitFor();
  assert.equal(await server.present(next), 200);
});

scenario('tokens of the command line, and refused requests, are told in words', {
  token: 'used', settings: { SCIMWARD_TRUSTED_PROXIES: '127.0.0.1' },
}, async ({ admin, page, server, token }) => {
  const next = await server.command(['token', 'generate', '--months', '2']);
  server.secrets.add(next);
  for (let times = 0; times < 14; times += 1) {
    await server.present(token, { 'X-Forwarded-For': '203.0.113.24', 'User-Agent': 'Okta SCIM Client 1.0.0' });
  }
  await server.restart();
  await admin.open();

  await card(page).getByText('by the command line', { exact: true }).waitFor();
  const feed = page.getByRole('region', { name: 'Recent activity' });
  await feed.getByText('14 SCIM requests refused').waitFor();
  await feed.getByText(`Requests still name the replaced token ${token.slice(6, 14)}`).waitFor();
  await feed.getByText(/from 203\.0\.113\.24 \(Okta\)/).waitFor();
  await audit(page);
});

scenario('every time on the page is exact for machines and in UTC for people', {
  token: 'used',
}, async ({ admin, page }) => {
  await admin.open();

  const times = await page.locator('time').evaluateAll((all) => (
    all.map((time) => [time.dateTime, time.textContent])
  ));
  assert.ok(times.length >= 4);
  for (const [exact, text] of times) {
    assert.match(exact, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(text, /^\d{1,2} \w{3} \d{4}(, \d\d:\d\d UTC)?$/);
  }
});
