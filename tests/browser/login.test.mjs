// Getting in: the set-up link, signing in and out, and everything that goes wrong there.

import assert from 'node:assert/strict';

import { ADA } from './lib/browser.mjs';
import { focusIsOn } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const REFUSED = /status of 4\d\d/;
const heading = (page, name) => page.getByRole('heading', { name }).waitFor();
const password = (page) => page.getByLabel('Password', { exact: true });

async function logIn(page, { email, password: text }) {
  await page.getByLabel('Email').fill(email);
  await password(page).fill(text);
  await page.getByRole('button', { name: 'Log in' }).click();
}

scenario('the printed link makes the first Server Admin, once', { nobody: true }, async ({ admin, page, server }) => {
  admin.expect(/status of 410/);
  const link = await server.setupLink;
  await page.goto('/');
  await heading(page, 'No Server Admin yet');
  assert.ok(link.startsWith(await page.getByText('/setup?code=').innerText()));
  assert.equal(await page.getByRole('button').count(), 0, 'there is nobody who could log in');

  await page.goto(link);
  await page.getByLabel('Name').fill(ADA.name);
  await page.getByLabel('Email').fill(ADA.email);
  await password(page).fill(ADA.password);
  await page.getByRole('button', { name: /^Create/ }).click();
  await heading(page, 'Authentication');
  assert.equal(new URL(page.url()).pathname, '/admin/authentication');
  assert.ok(!page.url().includes('code'));

  await page.getByRole('button', { name: 'Log out' }).click();
  await page.goto(link);
  await heading(page, 'This link does not work any more');
  assert.equal(server.sql('SELECT count(*) FROM server_admins;'), '1');
});

scenario('a bad set-up says what to mend and keeps what was typed', { nobody: true }, async ({ admin, page, server }) => {
  admin.expect(REFUSED);
  await page.goto(await server.setupLink);
  await page.getByLabel('Name').fill(ADA.name);
  await page.getByLabel('Email').fill(ADA.email);
  await password(page).fill('passwordpassword');
  await page.getByRole('button', { name: /^Create/ }).click();

  await page.locator('#password-error').waitFor();
  await focusIsOn(page, '#password');
  assert.equal(await password(page).getAttribute('aria-invalid'), 'true');
  assert.equal(await page.getByLabel('Name').inputValue(), ADA.name);
  assert.equal(await page.getByLabel('Email').inputValue(), ADA.email);
  await password(page).fill(ADA.password);
  await page.getByRole('button', { name: /^Create/ }).click();
  await heading(page, 'Authentication');
});

scenario('wrong passwords and unknown addresses get the same answer', {}, async (stage) => {
  const visitor = await stage.visitor();
  const { page } = visitor;
  visitor.expect(REFUSED);
  await page.goto('/login');
  const answers = [];
  for (const email of [ADA.email, 'nobody@example.com']) {
    await logIn(page, { email, password: 'not the right password' });
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.equal((await alert.innerText()).trim(), 'The email or password is not correct.');
    await focusIsOn(page, '#password');
    assert.equal(await page.getByLabel('Email').inputValue(), email);
    assert.equal(await password(page).inputValue(), '');
    for (const field of ['#email', '#password']) {
      assert.equal(await page.getAttribute(field, 'aria-invalid'), 'true');
    }
    answers.push((await page.content()).replaceAll(email, 'ADDRESS'));
  }
  assert.equal(answers[0], answers[1]);

  await logIn(page, ADA);
  await heading(page, 'Authentication');
});

scenario('after many failures one has to wait, and then gets in', {
  at: '2026-11-22 10:00:00',
}, async (stage) => {
  const visitor = await stage.visitor();
  const { page } = visitor;
  visitor.expect(REFUSED);
  await page.goto('/login');
  for (let times = 0; times < 5; times += 1) {
    await logIn(page, { ...ADA, password: `wrong password number ${times}` });
    await page.getByRole('alert').filter({ hasText: 'not correct' }).waitFor();
  }
  await logIn(page, ADA);
  await page.getByRole('alert').filter({ hasText: /Too many attempts\. Try again in \d+ seconds?\./ }).waitFor();

  stage.server.setClock('2026-11-22 10:00:02');
  await logIn(page, ADA);
  await heading(page, 'Authentication');
});

scenario('the login leads on to where one wanted to go, never to another site', {}, async (stage) => {
  const { page } = await stage.visitor();
  await page.goto('/admin/authentication/revoke');
  assert.equal(new URL(page.url()).searchParams.get('next'), '/admin/authentication/revoke');
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example/', 'javascript:alert(1)']) {
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await logIn(page, ADA);
    await heading(page, 'Authentication');
    assert.equal(page.url(), `${stage.server.url}/admin/authentication`);
    await page.getByRole('button', { name: 'Log out' }).click();
    await heading(page, 'Log in to Admin Settings');
  }
  await page.goto('/login?next=/admin/authentication%3Fx%3D1');
  await logIn(page, ADA);
  await page.waitForURL('**/admin/authentication?x=1');
});

scenario('the password can be shown and hidden', {}, async (stage) => {
  const { page } = await stage.visitor();
  await page.goto('/login');
  await password(page).fill('secret words');

  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await page.getAttribute('#password', 'type'), 'text');
  await focusIsOn(page, '#password');
  await page.getByRole('button', { name: 'Hide' }).click();

  assert.equal(await page.getAttribute('#password', 'type'), 'password');
});

scenario('an idle session ends after half an hour, a busy one after twelve hours', {
  at: '2026-11-22 00:00:00',
}, async ({ admin, page, server }) => {
  for (let minutes = 29; minutes < 12 * 60; minutes += 29) {
    const hour = String(Math.floor(minutes / 60)).padStart(2, '0');
    server.setClock(`2026-11-22 ${hour}:${String(minutes % 60).padStart(2, '0')}:00`);
    const answer = await admin.context.request.get('/admin/authentication', { maxRedirects: 0 });
    assert.equal(answer.status(), 200, `after ${minutes} minutes`);
  }
  server.setClock('2026-11-22 12:00:00');
  await admin.open();
  await page.getByText('Your session has ended.').waitFor();

  await logIn(page, ADA);
  await heading(page, 'Authentication');
  server.setClock('2026-11-22 12:30:00');
  await page.reload();
  await heading(page, 'Log in to Admin Settings');
});

scenario('a form from another site is refused', { token: 'used' }, async (stage) => {
  const { admin, server, token } = stage;
  admin.expect(/status of 403/);
  const evil = await stage.elsewhere(`
    <form method="post" action="${server.url}/admin/authentication/scim-token">
      <input type="hidden" name="months" value="6">
      <input type="hidden" name="confirm" value="replace">
      <input type="hidden" name="replaces" value="${token.slice(6, 14)}">
      <input type="hidden" name="request_id" value="${'x'.repeat(22)}">
      <button type="submit">Win</button>
    </form>`);
  admin.expect(new RegExp(`request to another host: ${evil}`));

  await admin.page.goto(evil);
  await admin.page.getByRole('button', { name: 'Win' }).click();

  await heading(admin.page, 'Request refused');
  await admin.page.getByText('Nothing was changed.').waitFor();
  assert.equal(await server.present(token), 200);
});

scenario('a form without the token of the session is refused', { token: 'used' }, async ({ admin, server, token }) => {
  const form = await admin.form();
  for (const csrf of ['', 'x'.repeat(form.csrf.length)]) {
    const answer = await admin.post({ ...form, csrf, confirm: 'replace' });
    assert.equal(answer.status(), 403);
    assert.deepEqual((await answer.json()).generated, false);
  }
  assert.equal(await server.present(token), 200);
});

scenario('nonsense in the form is refused in plain words', { token: 'unused' }, async ({ admin, server, token }) => {
  for (const months of ['7', '0', '-1', 'abc', '', '1.5', '6 ']) {
    const answer = await admin.post({ ...(await admin.form()), months });
    assert.equal(answer.status(), 400, months);
    const { error, generated } = await answer.json();
    assert.deepEqual({ error, generated }, { error: 'invalid_lifespan', generated: false });
  }
  assert.equal(await server.present(token), 200);
});
