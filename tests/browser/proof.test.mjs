// What matters asks for the password again, in one step that loses nothing.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { ADA } from './lib/browser.mjs';
import { button, focusIsOn, generateButton, reaches, shownToken, step } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const LOGIN = '2026-11-22 10:00:00';
const LATER = '2026-11-22 10:16:00';
const QUESTION = 'Confirm that it is you';

scenario('the dialog asks for the password, and the same request goes on', {
  at: LOGIN,
}, async ({ admin, page, server }) => {
  admin.expect(/the server responded with a status of (403|422)/);
  await admin.open();
  server.setClock(LATER);
  await page.getByLabel('Token lifespan').selectOption('2');

  await generateButton(page).click();
  await reaches(page, 'proof');
  await page.getByRole('dialog', { name: QUESTION }).waitFor();
  await focusIsOn(page, '#proof-password');
  await page.getByText('You logged in 16 minutes ago. Generating a token asks for a proof').waitFor();
  await audit(page);
  await page.keyboard.press('Escape');
  assert.equal(await step(page), null, 'nothing has changed: it can be left');
  assert.equal(server.sql('SELECT count(*) FROM tokens;'), '0');

  await generateButton(page).click();
  await reaches(page, 'proof');
  const password = page.locator('#proof-password');
  await password.fill('nine wrong badgers somewhere');
  await button(page, 'Confirm and generate').click();
  await page.getByText('The password is not correct.').waitFor();
  await focusIsOn(page, '#proof-password');
  assert.equal(await password.inputValue(), '');
  await password.fill(ADA.password);
  await page.keyboard.press('Enter');

  const token = await shownToken(admin);
  assert.equal(await server.present(token), 200);
  assert.equal(await password.inputValue(), '', 'the password does not stay on the page');
  assert.equal(server.sql('SELECT count(*) FROM tokens;'), '1');
  assert.match(await server.command(['token', 'show']), /Lifespan: +2 months/);
});

scenario('without the script a page asks, and leads back to the form', {
  at: LOGIN, as: { javaScriptEnabled: false },
}, async ({ admin, page, server }) => {
  admin.expect(/the server responded with a status of 403/);
  await admin.open();
  server.setClock(LATER);
  await page.getByLabel('Token lifespan').selectOption('2');
  await page.getByRole('button', { name: 'Generate Token' }).click();
  await page.getByRole('heading', { name: QUESTION }).waitFor();
  await page.getByLabel('Password').fill(ADA.password);
  await page.getByRole('button', { name: 'Confirm' }).click();

  assert.equal(await page.getByLabel('Token lifespan').inputValue(), '2');
  await page.getByRole('button', { name: 'Generate Token' }).click();
  await page.getByRole('heading', { name: 'New SCIM token' }).waitFor();
});

scenario('an invitation that was filled in is still there after the password', {
  at: LOGIN,
}, async ({ admin, page, server }) => {
  admin.expect(/the server responded with a status of 403/);
  await admin.open('/admin/server-admins');
  server.setClock(LATER);
  await page.getByLabel('Name').fill('Heidi Lamarr');
  await page.getByLabel('Email').fill('heidi@example.com');
  await page.getByRole('button', { name: /invit/i }).first().click();
  await page.getByRole('heading', { name: QUESTION }).waitFor();
  await audit(page);
  await page.getByLabel('Password').fill(ADA.password);
  await page.getByRole('button', { name: 'Confirm' }).click();

  assert.equal(await page.getByLabel('Name').inputValue(), 'Heidi Lamarr');
  assert.equal(await page.getByLabel('Email').inputValue(), 'heidi@example.com');
});

scenario('an API key is made after the password, with what was filled in', {
  at: LOGIN,
}, async ({ admin, page, server }) => {
  admin.expect(/the server responded with a status of 403/);
  await admin.open('/admin/api-keys');
  server.setClock(LATER);
  await page.getByLabel('Name').fill('Terraform');
  await page.getByRole('button', { name: 'Create key' }).click();
  await reaches(page, 'proof');
  await page.locator('#proof-password').fill(ADA.password);
  await button(page, 'Confirm and create').click();
  await reaches(page, 'token');
  assert.equal(await page.textContent('[data-el=name]'), 'Terraform');
});
