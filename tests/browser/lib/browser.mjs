// Debian's Chromium, and people who sit in front of it.

import { chromium } from 'playwright-core';

import { complaintsAbout } from './html.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
// Without these Chromium tries to reach the internet at every start.
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** A browser. `options` are those of Playwright. */
export function launch(options = {}) {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, ...options });
}

/** The first Server Admin of every test. */
export const ADA = {
  name: 'Ada Lovelace', email: 'ada@example.com', password: 'lantern walnut orbit tundra',
};

/** Another one. */
export const GRACE = {
  name: 'Grace Hopper', email: 'grace@example.com', password: 'meadow copper violin harbor',
};

/**
 * Somebody with a browser profile of their own. Whatever a page complains about (console, Content
 * Security Policy, invalid HTML, requests to other hosts) is collected and fails the test at the
 * end, unless the test has said that it expects it.
 */
export class Visitor {
  complaints = [];
  #expected = [];
  #checks = [];

  static async arrive(browser, server, options = {}) {
    const visitor = new Visitor();
    visitor.server = server;
    visitor.context = await browser.newContext({
      baseURL: server.url, viewport: { width: 1280, height: 900 }, ...options,
    });
    visitor.context.setDefaultTimeout(10_000);
    visitor.#listen();
    visitor.page = await visitor.context.newPage();
    return visitor;
  }

  #listen() {
    const complain = (text) => this.complaints.push(text);
    this.context.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      complain(`console: ${message.text()} (${message.location().url})`);
    });
    this.context.on('weberror', (error) => complain(`script: ${error.error().message}`));
    this.context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${this.server.url}/`)) complain(`request to another host: ${url}`);
    });
    this.context.on('response', (response) => this.#checks.push(this.#check(response)));
  }

  async #check(response) {
    const type = response.headers()['content-type'] ?? '';
    if (!type.startsWith('text/html') || response.request().resourceType() !== 'document') return;
    // A document that was left before it had arrived has no body.
    const body = await response.text().catch(() => null);
    if (body === null) return;
    const where = new URL(response.url()).pathname;
    for (const text of await complaintsAbout(body)) this.complaints.push(`HTML of ${where}: ${text}`);
  }

  /** Says that a complaint with this text is part of the test. */
  expect(pattern) {
    this.#expected.push(pattern);
  }

  /** Fails if a page had something to complain about. */
  async mustBeQuiet() {
    await Promise.all(this.#checks);
    const rest = this.complaints.filter((text) => !this.#expected.some((one) => one.test(text)));
    if (rest.length > 0) throw new Error(`pages complained:\n${[...new Set(rest)].join('\n')}`);
  }

  /** Opens a page. */
  async open(path = '/admin/authentication', page = this.page) {
    await page.goto(path);
    return page;
  }

  /** Creates the first Server Admin and is signed in as that one. */
  async setUp(person = ADA) {
    const link = new URL(await this.server.setupLink);
    const form = { ...person, code: link.searchParams.get('code') };
    await this.#submit('/setup', form);
  }

  /** Signs in. */
  logIn(person = ADA) {
    return this.#submit('/login', { email: person.email, password: person.password });
  }

  async #submit(path, form) {
    const answer = await this.context.request.post(path, { form, maxRedirects: 0 });
    if (answer.status() !== 303) throw new Error(`${path} answers ${answer.status()}`);
  }

  /** The hidden fields of the form that generates, as a fresh page has them. */
  async form() {
    const answer = await this.context.request.get('/admin/authentication');
    const [, form] = (await answer.text()).match(/<form[^>]*data-token-form[^>]*>([^]*?)<\/form>/);
    const hidden = form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g);
    return Object.fromEntries([...hidden].map(([, name, value]) => [name, value]));
  }

  /** Sends a form as the script of the page does. */
  post(fields, headers = { Accept: 'application/json' }) {
    const form = { months: '6', ...fields };
    return this.context.request.post('/admin/authentication/scim-token', {
      form, headers, maxRedirects: 0,
    });
  }

  /** Generates a token past the page and returns it. */
  async generate(months = 6) {
    const answer = await this.post({
      ...(await this.form()), confirm: 'replace', months: String(months),
    });
    if (answer.status() !== 201) throw new Error(`generation answers ${answer.status()}`);
    const { token } = await answer.json();
    this.server.secrets.add(token);
    return token;
  }

  close() {
    return this.context.close();
  }
}
