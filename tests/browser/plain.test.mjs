// Everything without JavaScript.

import assert from 'node:assert/strict';

import { ADA } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';

const PLAIN = { javaScriptEnabled: false };
const tokens = (server) => Number(server.sql('SELECT count(*) FROM tokens;'));
const heading = (page, name) => page.getByRole('heading', { name }).waitFor();
const generate = (page) => page.getByRole('button', { name: 'Generate Token' }).click();

/** The token that the answer to the form shows. */
async function shown({ page, server }) {
  await heading(page, 'New SCIM token');
  const token = await page.getByRole('textbox', { name: 'SCIM token' }).inputValue();
  assert.match(token, /^scimw_[0-9A-Za-z]{57}$/);
  server.secrets.add(token);
  return token;
}

const says = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();

scenario('no JS: set up, sign out, sign in', { nobody: true, as: PLAIN }, async ({ page, server }) => {
  await page.goto(await server.setupLink);
  await page.getByLabel('Name').fill(ADA.name);
  await page.getByLabel('Email').fill(ADA.email);
  await page.getByLabel('Password', { exact: true }).fill(ADA.password);
  await page.getByRole('button', { name: /^Create/ }).click();
  await heading(page, 'Authentication');

  await page.getByRole('button', { name: 'Log out' }).click();
  await heading(page, 'Log in to Admin Settings');
  assert.equal(await page.getByRole('button', { name: 'Show' }).isVisible(), false);
  await page.getByLabel('Email').fill(ADA.email);
  await page.getByLabel('Password', { exact: true }).fill(ADA.password);
  await page.getByRole('button', { name: 'Log in' }).click();

  await heading(page, 'Authentication');
});

scenario('no JS: the answer to the form shows the token, once', { as: PLAIN }, async (stage) => {
  const { admin, page, server } = stage;
  await admin.open();
  await page.getByLabel('Token lifespan').selectOption('3');

  await generate(page);
  const token = await shown(stage);
  await page.getByText('Copy the token now. It will never be displayed again.').waitFor();
  assert.equal(await server.present(token), 200);

  await page.reload();
  await says(page, 'This request was already completed. The token cannot be displayed again.');
  assert.ok(!(await page.content()).includes(token.slice(14)));
  assert.equal(tokens(server), 1, 'the browser has sent the form again, without effect');
  assert.equal(new URL(page.url()).pathname, '/admin/authentication');
  await page.locator('.facts').filter({ hasText: '3 months' }).waitFor();
});

scenario('no JS: leaving the token and coming back does not show it', { as: PLAIN }, async (stage) => {
  const { admin, page, server } = stage;
  await admin.open();
  await generate(page);
  const token = await shown(stage);

  await page.getByRole('link', { name: 'I have saved the token' }).click();
  await page.locator('.facts').waitFor();
  assert.ok(!(await page.content()).includes(token.slice(14)));
  // The page was the answer to a form, so there may be none to go back to.
  await page.goBack().catch(() => {});

  await page.locator('body').waitFor({ state: 'attached' });
  await page.getByText(token.slice(14)).waitFor({ state: 'detached' });
  assert.equal(tokens(server), 1);
});

scenario('no JS: a token in use is replaced only after a page that asks', {
  as: PLAIN, token: 'used',
}, async (stage) => {
  const { admin, page, server, token } = stage;
  await admin.open();
  await generate(page);

  await heading(page, 'Replace the current token?');
  await page.reload();
  await heading(page, 'Replace the current token?');
  assert.equal(tokens(server), 1);
  assert.equal(await server.present(token), 200);
  await page.getByRole('link', { name: 'Cancel' }).click();
  await page.locator('.facts').filter({ hasText: token.slice(6, 14) }).waitFor();

  await generate(page);
  await page.getByRole('button', { name: 'Revoke and generate' }).click();
  const next = await shown(stage);
  assert.deepEqual([await server.present(token), await server.present(next)], [401, 200]);

  await page.reload();
  await says(page, 'This request was already completed.');
  assert.equal(tokens(server), 2);
});

scenario('no JS: an old confirmation does not replace a newer token', {
  as: PLAIN, token: 'used',
}, async ({ admin, page, server }) => {
  await admin.open();
  await generate(page);
  await heading(page, 'Replace the current token?');
  const next = await server.command(['token', 'generate']);
  server.secrets.add(next);

  await page.getByRole('button', { name: 'Revoke and generate' }).click();

  await says(page, 'No token was generated.');
  assert.equal(await server.present(next), 200);
});

scenario('no JS: a session that has ended generates nothing and leads to the login', {
  as: PLAIN, at: '2026-11-22 10:00:00',
}, async ({ admin, page, server }) => {
  await admin.open();
  server.setClock('2026-11-22 10:30:00');

  await generate(page);

  await heading(page, 'Log in to Admin Settings');
  await page.getByText('Your session has ended.').waitFor();
  await page.getByLabel('Email').fill(ADA.email);
  await page.getByLabel('Password', { exact: true }).fill(ADA.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await heading(page, 'No SCIM token yet');
  assert.equal(tokens(server), 0, 'the form is not sent again after the login');
});

scenario('no JS: revoking asks first', { as: PLAIN, token: 'used' }, async ({ admin, page, server, token }) => {
  await admin.open();
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await heading(page, 'Revoke the token without replacing it?');
  await page.getByRole('link', { name: 'Cancel' }).click();
  assert.equal(await server.present(token), 200);

  await page.getByRole('button', { name: 'Revoke token' }).click();
  await page.getByRole('button', { name: 'Revoke now' }).click();

  await says(page, 'SCIM sync has stopped');
  assert.equal(await server.present(token), 401);
});

scenario('no JS: a failure says that nothing has changed', { as: PLAIN }, async ({ admin, page, server }) => {
  admin.expect(/status of 500/);
  await admin.open();
  server.sql('ALTER TABLE used_requests RENAME TO broken;');

  await generate(page);

  await heading(page, 'Something went wrong');
  await page.getByText('Nothing was changed.').waitFor();
  const reference = await page.locator('code').textContent();
  assert.ok(server.output.includes(reference));
  server.sql('ALTER TABLE broken RENAME TO used_requests;');
  assert.equal(tokens(server), 0);
});
