// All other pages and their states, and what must hold for every page.

import assert from 'node:assert/strict';

import { audit, equip, inaccessible } from './lib/audit.mjs';
import { ADA } from './lib/browser.mjs';
import { SECRET, button, generate, generateButton, reaches } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const ADMIN_PAGES = [
  '/admin/authentication', '/admin/identity-provider', '/admin/server-admins', '/admin/notifications', '/admin/activity',
  '/admin/account',
];
const REFUSED = /status of (4|5)\d\d/;

// Names of many lengths and scripts, and the longest address there can be.
const PEOPLE = `
  INSERT INTO server_admins (name, email, email_key, password_hash, active, created_at, last_login_at)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
  SELECT
    CASE i % 5
      WHEN 0 THEN 'محمد عبد الرحمن العلي ' || i
      WHEN 1 THEN '山田太郎左衛門 ' || i
      WHEN 2 THEN 'Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren ' || i
      WHEN 3 THEN 'A & B <i>' || i || '</i> "quoted"'
      ELSE 'Zoë ' || i
    END,
    address, address, 'none', i % 7 <> 0, 1790000000, CASE WHEN i % 3 = 0 THEN 1790000000 END
  FROM (
    SELECT i, CASE i % 5
      WHEN 2 THEN substr('a' || i || hex(zeroblob(32)), 1, 64) || '@'
        || substr(replace(hex(zeroblob(93)), '000000000000000000000000000000', '00000000000000000000000000000.'), 1, 183) || 'x.test'
      ELSE 'person' || i || '@example.com' END AS address
    FROM n);`;

const ACTIVITY = `
  INSERT INTO activity (at, kind, actor_id, actor, address, agent, token_id, subject, detail, count)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
  SELECT 1760000000 + i * 600,
    CASE i % 4 WHEN 0 THEN 'logged_in' WHEN 1 THEN 'login_failed' WHEN 2 THEN 'token_generated'
      ELSE 'requests_refused' END,
    CASE i % 4 WHEN 3 THEN NULL ELSE 2 END,
    CASE i % 4 WHEN 3 THEN 'scimward' ELSE 'Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren' END,
    CASE i % 2 WHEN 0 THEN '2001:db8:1234:5678:9abc:def0:1234:5678' ELSE '203.0.113.24' END,
    'Mozilla/5.0 (X11; Linux x86_64) ' || hex(zeroblob(60)),
    CASE i % 4 WHEN 2 THEN 'Q9T4XB12' WHEN 3 THEN 'M2C8RD12' END,
    CASE i % 4 WHEN 1 THEN hex(zeroblob(32)) || '@' || hex(zeroblob(90)) || '.test'
      WHEN 2 THEN 'K4W9PA12' WHEN 3 THEN 'expired' END,
    CASE i % 4 WHEN 2 THEN '6 months' END,
    CASE i % 4 WHEN 3 THEN i ELSE 1 END
  FROM n;`;

scenario('pages for people who are not logged in', { nobody: true }, async ({ admin, page, server }) => {
  admin.expect(REFUSED);
  await admin.open('/login');
  await audit(page);
  await admin.open(await server.setupLink);
  await audit(page);
  await page.evaluate(() => { document.querySelector('form').noValidate = true; });
  await page.getByRole('button', { name: /^Create/ }).click();
  await page.locator('#name-error').waitFor();
  await audit(page);
  await admin.open('/setup?code=wrong');
  await audit(page);
  await admin.open('/invitation?code=wrong');
  await audit(page);
});

scenario('the login after failures, after a session and under pressure', {
  at: '2026-11-22 10:00:00',
}, async (stage) => {
  const { admin, page, server } = stage;
  admin.expect(REFUSED);
  server.setClock('2026-11-22 11:00:00');
  await admin.open();
  await page.getByText('Log in to return to Authentication.').waitFor();
  await audit(page);
  for (let times = 0; times < 6; times += 1) {
    await page.getByLabel('Email').fill(ADA.email);
    await page.getByLabel('Password', { exact: true }).fill('this one is wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').waitFor();
    if (times === 0) await audit(page);
  }
  await page.getByText('Too many attempts.').waitFor();
  await audit(page);
});

scenario('pages about errors say what happened, whether something changed, and what to do', {
  token: 'used',
}, async ({ admin, page, server }) => {
  admin.expect(REFUSED);
  const shows = async (title) => {
    await page.getByRole('heading', { name: title }).waitFor();
    await page.getByText('Nothing was changed.').waitFor();
    await audit(page);
  };
  await admin.open('/admin/nowhere');
  await shows('Page not found');
  await admin.open('/logout');
  await shows('Not possible here');
  await admin.open();
  await page.evaluate(() => {
    const form = document.querySelector('form[data-token-form]');
    form.elements.csrf.value = 'foreign';
    form.submit();
  });
  await shows('Request refused');
  await admin.open();
  server.sql('ALTER TABLE tokens RENAME TO broken;');
  await page.reload();
  await shows('Something went wrong');
  assert.ok(server.output.includes(await page.locator('code').innerText()));
  assert.ok(!/tokens|sqlite|no such/i.test(await page.locator('main').innerText()), 'no cause leaves the server');
  server.sql('ALTER TABLE broken RENAME TO tokens;');
});

scenario('the pages of a generation and of a revocation without the script', {
  token: 'used',
}, async ({ admin, page, server }) => {
  const submit = () => page.evaluate(() => document.querySelector('form[data-token-form]').submit());
  await admin.open();
  await submit();
  await page.getByRole('heading', { name: 'Replace the current token?' }).waitFor();
  await audit(page);
  await page.getByRole('button', { name: 'Revoke and generate' }).click();
  await page.getByRole('heading', { name: 'New SCIM token' }).waitFor();
  server.secrets.add(await page.getByRole('textbox', { name: 'SCIM token' }).inputValue());
  await audit(page);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.getByRole('textbox', { name: 'SCIM token' }).isVisible(), false, 'never printed');
  await page.emulateMedia({ media: 'screen' });
  await admin.open('/admin/authentication/revoke');
  await audit(page);
});

scenario('every page behind the login', { token: 'used' }, async ({ admin, page }) => {
  for (const path of ADMIN_PAGES) {
    await admin.open(path);
    await audit(page);
  }
});

scenario('two hundred admins with long names, thousands of entries', {
  token: 'used', settings: { SCIMWARD_PRODUCT_NAME: 'Möbel & Söhne <b>' },
}, async ({ admin, page, server }) => {
  server.sql(PEOPLE + ACTIVITY);
  for (const path of ADMIN_PAGES) {
    await admin.open(path);
    assert.match(await page.title(), /Möbel & Söhne <b>$/);
    await audit(page);
  }
  await admin.open();
  await page.getByRole('link', { name: /^and \d+ more$/ }).waitFor();
});

scenario('an admin with the longest name and address', {}, async ({ admin, page, server }) => {
  const address = `${'a'.repeat(64)}@${`${'b'.repeat(61)}.`.repeat(2)}${'c'.repeat(59)}.test`;
  assert.equal(address.length, 253);
  server.sql(`UPDATE server_admins SET name = '${'W'.repeat(100)}', email = '${address}';`);
  for (const path of ADMIN_PAGES) {
    await admin.open(path);
    await audit(page);
  }
});

scenario('a first load is light: two style sheets, one script, few kB without the font', {
  token: 'used',
}, async (stage) => {
  const { admin, server } = stage;
  server.sql(PEOPLE + ACTIVITY);
  const cookies = await admin.context.cookies();
  for (const path of ['/login', ...ADMIN_PAGES]) {
    const visitor = await stage.visitor();
    if (path !== '/login') await visitor.context.addCookies(cookies);
    const requests = [];
    visitor.page.on('requestfinished', (request) => requests.push(request));
    await visitor.page.goto(path, { waitUntil: 'networkidle' });

    const count = (type) => requests.filter((request) => request.resourceType() === type).length;
    let bytes = 0;
    for (const request of requests.filter((one) => one.resourceType() !== 'font')) {
      const { responseBodySize, responseHeadersSize } = await request.sizes();
      bytes += responseBodySize + responseHeadersSize;
    }
    assert.ok(count('stylesheet') <= 2 && count('script') <= 1, path);
    // Long lists: twenty recipients of each of four mails, fifty entries.
    const isList = ['/admin/notifications', '/admin/activity'].includes(path);
    const limit = isList ? 85_000 : 70_000;
    assert.ok(bytes <= limit, `${path} transfers ${bytes} bytes`);
    await visitor.close();
  }
});

scenario('what does not change is loaded once', {}, async ({ admin, page, server }) => {
  await admin.open();
  const assets = await page.locator('link[href], script[src]').evaluateAll((all) => (
    all.map((one) => one.href || one.src)
  ));
  assert.ok(assets.length >= 4);
  for (const url of assets) {
    const answer = await fetch(url);
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable', url);
  }
  assert.equal((await fetch(`${server.url}/static/nothing.css`)).status, 404);
});

scenario('printing never prints the token', { token: 'unused' }, async ({ admin, page }) => {
  await admin.open();
  await generate(admin);
  await page.emulateMedia({ media: 'print' });

  assert.equal(await page.locator(SECRET).isVisible(), false);
  assert.equal(await page.getByRole('dialog').isVisible(), false);
  assert.equal(await page.getByRole('navigation').isVisible(), false);
  assert.equal(await generateButton(page).isVisible(), false);
  await page.getByText(/Printed \d{1,2} \w{3} \d{4}, \d\d:\d\d UTC\. The token itself is never printed\./).waitFor();
  assert.equal(await page.locator('.expiry-date').isVisible(), true);
});

scenario('buttons and links can be read when the pointer is on them', {
  token: 'used',
}, async (stage) => {
  const { admin, page, server } = stage;
  server.sql(PEOPLE.replace('i < 199', 'i < 3'));
  const findings = [];
  const hoverAll = async (selector) => {
    await equip(page);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      for (const control of await page.locator(selector).all()) {
        if (!(await control.isVisible())) continue;
        await control.hover();
        const within = await control.evaluate((element) => {
          for (const other of document.querySelectorAll('[data-hovered]')) delete other.dataset.hovered;
          element.dataset.hovered = '';
          for (const animation of document.getAnimations()) {
            // A spinner has no end.
            if (animation.effect.getComputedTiming().iterations !== Infinity) animation.finish();
          }
          return '[data-hovered]';
        });
        findings.push(...await inaccessible(page, ['color-contrast'], within));
      }
    }
  };
  for (const path of ADMIN_PAGES) {
    await admin.open(path);
    await hoverAll('header a, header button, nav a, main a, main button');
  }
  await admin.open();
  await generateButton(page).click();
  await hoverAll('#token-dialog button');
  await button(page, 'Revoke and generate').click();
  await reaches(page, 'token');
  await hoverAll('#token-dialog button');
  assert.deepEqual([...new Set(findings)], []);
});

scenario('whoever goes by keyboard sees where they are', { token: 'used' }, async ({ admin, page }) => {
  for (const path of ADMIN_PAGES) {
    await admin.open(path);
    const unseen = [];
    for (;;) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === document.body) return null;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        const visible = (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none';
        const seenBefore = 'seen' in element.dataset;
        element.dataset.seen = '';
        return { visible, seenBefore, name: element.outerHTML.slice(0, 120) };
      });
      if (!focus || focus.seenBefore) break;
      if (!focus.visible) unseen.push(focus.name);
    }
    assert.deepEqual(unseen, [], path);
  }
});

scenario('headings and landmarks lead through every page', { token: 'used' }, async ({ admin, page }) => {
  for (const path of ADMIN_PAGES) {
    await admin.open(path);
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, path);
    for (const landmark of ['banner', 'main', 'contentinfo']) {
      assert.equal(await page.getByRole(landmark).count(), 1, `${path}: ${landmark}`);
    }
    const menu = page.getByRole('navigation', { name: 'Admin Settings' });
    const names = await menu.getByRole('link').allInnerTexts();
    assert.deepEqual(
      names.map((name) => name.trim()),
      ['Authentication', 'Identity provider', 'Server Admins', 'API keys', 'Notifications', 'Activity'],
    );
    const current = await menu.locator('[aria-current=page]').allInnerTexts();
    const own = await page.getByRole('heading', { level: 1 }).innerText();
    if (path !== '/admin/account') assert.deepEqual(current.map((name) => name.trim()), [own]);
  }
});
