// API keys: making one, which is shown once, and revoking it.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { SECRET, button, clipboard, mustBeForgotten, reaches, step } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const PAGE = '/admin/api-keys';
const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };

/** Fills in the form and sends it. */
async function create(page, name, scope) {
  const closed = page.locator('details.card:not([open]) > summary');
  if (await closed.count()) await closed.click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Expires').selectOption('3');
  await page.getByLabel(scope).check();
  await page.getByRole('button', { name: 'Create key' }).click();
}

/** What the API answers to somebody with this key. */
const ask = (server, key) => {
  server.secrets.add(key);
  return fetch(`${server.direct}/v1/admin/token`, { headers: { Authorization: `Bearer ${key}` } });
};

scenario('the longest name does not widen the page', {}, async ({ admin, page, server }) => {
  const name = 'W'.repeat(60);
  server.secrets.add(await server.command(['key', 'add', '--name', name, '--scope', 'read', '--months', '3']));
  await admin.open(PAGE);
  await page.getByText(name).waitFor();
  await audit(page);
  for (const width of [768, 1024, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${wide} px too wide at ${width} px`);
  }
});

scenario('a key is shown once, copied, listed and revoked', { as: CLIPBOARD }, async ({ admin, page, server }) => {
  await admin.open(PAGE);
  await page.getByRole('heading', { name: 'No API key yet' }).waitFor();
  assert.match(await page.locator('pre.code').innerText(), /^read -rs KEY\ncurl -sS -H @- /);
  await audit(page);

  await create(page, 'Terraform', 'Replace the token');
  await reaches(page, 'token');
  await page.getByRole('dialog', { name: 'New API key “Terraform”' }).waitFor();
  const key = await page.inputValue(SECRET);
  assert.match(key, /^scimk_[0-9A-Za-z]{57}$/);
  await audit(page);
  await page.keyboard.press('Escape');
  await reaches(page, 'unsaved');
  await button(page, 'Back to the key').click();
  await button(page, 'Copy').click();
  assert.equal(await clipboard(page), key);
  await button(page, 'Close').click();

  await page.getByText('API key “Terraform” created. It expires on').waitFor();
  await mustBeForgotten(page, key);
  assert.equal((await ask(server, key)).status, 200);
  await admin.open(PAGE);
  const row = page.getByRole('row', { name: /Terraform/ });
  assert.match(await row.innerText(), /Replace the token/);
  await audit(page);
  await page.locator('details.card > summary').click();
  await audit(page);

  await row.getByRole('link', { name: 'Revoke the key Terraform' }).click();
  await page.getByRole('heading', { name: 'Revoke the key “Terraform”?' }).waitFor();
  await audit(page);
  await page.getByRole('button', { name: 'Revoke key' }).click();

  await page.getByText('The API key “Terraform” was revoked.').waitFor();
  assert.equal((await ask(server, key)).status, 401);
  await audit(page);
});

scenario('a key that nobody has copied is left by a decision', {}, async ({ admin, page }) => {
  await admin.open(PAGE);
  await create(page, '<b>Evil</b>', 'Read status');
  await reaches(page, 'token');
  const key = await page.inputValue(SECRET);

  await button(page, 'Close').click();
  await reaches(page, 'unsaved');
  await button(page, 'Close without copying').click();

  await page.getByRole('row', { name: /<b>Evil<\/b>/ }).waitFor();
  assert.equal(await step(page), null);
  await mustBeForgotten(page, key);
});

scenario('without JavaScript the answer is a page', {
  as: { javaScriptEnabled: false },
}, async ({ admin, page, server }) => {
  await admin.open(PAGE);
  await create(page, 'Grafana', 'Read status');

  await page.getByRole('heading', { name: 'New API key “Grafana”' }).waitFor();
  const key = await page.inputValue('#d-secret');
  assert.equal((await ask(server, key)).status, 200);
  await page.getByRole('link', { name: 'I have saved the key' }).click();
  await page.getByRole('row', { name: /Grafana/ }).waitFor();
  assert.ok(!(await page.content()).includes(key));
});
