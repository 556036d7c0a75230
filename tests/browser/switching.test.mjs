// Two tokens are valid while the identity provider switches.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { button, focusIsOn, generateButton, reaches, shownToken } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const card = (page) => page.getByRole('region', { name: 'SCIM Token' });
const keep = (page) => page.getByRole('radio', { name: 'Keep until the new token is in use' });

scenario('a token is kept beside a new one until somebody revokes it', {
  token: 'used',
}, async ({ admin, page, server, token }) => {
  const old = token.slice(6, 14);
  await admin.open();
  assert.equal(await page.getByRole('radio', { name: 'Revoke immediately' }).isChecked(), true);
  await audit(page);

  // Nothing breaks, so nobody is asked.
  await keep(page).check();
  await generateButton(page).click();
  const next = await shownToken(admin);
  await page.getByRole('dialog').getByText(`${old} still works until`).waitFor();
  await audit(page);
  assert.equal(await server.present(token), 200);

  await button(page, 'Close').click();
  await reaches(page, 'unsaved');
  await page.getByRole('dialog').getByText(`The old token ${old} keeps working until`).waitFor();
  assert.equal(await page.locator('#d-unsaved-t [data-without-old]').isVisible(), false);
  await button(page, 'Close without copying').click();
  await page.getByText('Generate another token before then.').waitFor();
  await card(page).getByText('Switching', { exact: true }).waitFor();
  assert.equal(await keep(page).count(), 0);
  await audit(page);

  // The page notices by itself.
  assert.equal(await server.present(next), 200);
  await card(page).getByText('The new token is in use since').waitFor({ timeout: 20_000 });
  await card(page).getByText('if it is not presented again').waitFor();

  await page.getByRole('button', { name: 'Revoke old token now' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke the old token now?' });
  await dialog.getByText(`Token ${old} stops working immediately.`).waitFor();
  await focusIsOn(page, '[data-closes]');
  await audit(page);
  await dialog.getByRole('button', { name: 'Revoke now' }).click();

  await page.getByRole('status').filter({ hasText: 'The old token was revoked.' }).waitFor();
  assert.equal(await server.present(token), 401);
  assert.equal(await server.present(next), 200);
});

scenario('a token that may have leaked is revoked at once, after a question', {
  token: 'used',
}, async ({ admin, page, server, token }) => {
  await admin.open();
  await generateButton(page).click();
  await reaches(page, 'confirm');
  await page.keyboard.press('Escape');
  await keep(page).check();
  await page.reload();
  assert.equal(await keep(page).isChecked(), false, 'the choice is never remembered');

  await generateButton(page).click();
  await button(page, 'Revoke and generate').click();

  const next = await shownToken(admin);
  assert.equal(await page.getByRole('dialog').getByText('still works until').isVisible(), false);
  assert.equal(await server.present(token), 401);
  assert.equal(await server.present(next), 200);
});

scenario('a page that was opened before the first use asks again', {
  token: 'unused',
}, async ({ admin, page, server, token }) => {
  admin.expect(/status of 409/);
  await admin.open();
  assert.equal(await keep(page).count(), 0);
  assert.equal(await server.present(token), 200);

  await generateButton(page).click();

  await reaches(page, 'in-use');
  await audit(page);
  await button(page, 'Show the current state').click();
  await keep(page).check();
  await generateButton(page).click();
  await page.getByRole('dialog').getByText(`${token.slice(6, 14)} still works until`).waitFor();
  assert.equal(await server.present(token), 200);
});
