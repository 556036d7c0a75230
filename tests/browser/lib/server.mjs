// A scimward of its own for a test: the real binary, an empty data folder, a free port.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BINARY = process.env.SCIMWARD_BINARY
  ?? fileURLToPath(new URL('../../../target/debug/scimward', import.meta.url));
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

export class Server {
  /** What the server and the commands have printed so far. */
  output = '';
  /** Tokens that were seen: none of them may be left in the data folder or the log. */
  secrets = new Set();
  #folder = mkdtempSync(join(tmpdir(), 'scimward-browser.'));
  #process = null;
  #arguments = ['serve'];
  #settings;

  /**
   * Starts on an empty database. `at` is a date such as `2026-12-04 10:00:00` (UTC) at which the
   * clock stands still; `url` is where browsers reach the server if something stands before it,
   * `host` under which name they reach this machine.
   */
  static async start({ at = null, settings = {}, url = null, host = '127.0.0.1' } = {}) {
    const server = new Server();
    const port = await freePort();
    server.direct = `http://127.0.0.1:${port}`;
    server.url = url ?? `http://${host}:${port}`;
    server.#settings = {
      SCIMWARD_LISTEN: `127.0.0.1:${port}`,
      SCIMWARD_PUBLIC_URL: server.url,
      SCIMWARD_LOG: 'trace',
      ...settings,
    };
    if (at) server.setClock(at);
    await server.run();
    return server;
  }

  /** Starts the demo, at a date if `at` is given. */
  static async demo({ at = null } = {}) {
    const server = new Server();
    const port = await freePort();
    server.direct = `http://127.0.0.1:${port}`;
    server.url = server.direct;
    server.#arguments = ['demo', '--listen', `127.0.0.1:${port}`];
    server.#settings = { TMPDIR: server.#folder };
    if (at) server.setClock(at);
    await server.run();
    return server;
  }

  /** Moves the clock of the running server, and of the commands. */
  setClock(at) {
    const file = join(this.#folder, 'clock');
    writeFileSync(`${file}.new`, `${at}\n`);
    renameSync(`${file}.new`, file);
    Object.assign(this.#settings, {
      TZ: 'UTC',
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
  }

  /** Starts the process and waits until it answers. */
  async run() {
    const child = spawn(BINARY, this.#arguments, { cwd: this.#folder, env: this.#environment() });
    this.#process = child;
    const keep = (chunk) => { this.output += chunk; };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.ended = new Promise((resolve) => child.on('close', resolve));
    await until('the server answers', async () => {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${this.output}`);
      return fetch(`${this.direct}/readyz`).then((answer) => answer.ok, () => false);
    });
  }

  /** The link that the first start prints. */
  get setupLink() {
    return until('the set-up link is printed', () => this.output.match(/\S+\/setup\?code=\S+/)?.[0]);
  }

  /** Ends the process as an operator does, with SIGTERM. */
  async halt() {
    if (!this.#process) return;
    this.#process.kill('SIGTERM');
    this.#process = null;
    const code = await this.ended;
    if (code !== 0) throw new Error(`the server ended with ${code}:\n${this.output}`);
  }

  /** Ends the process, looks for secrets that must not be there, and removes everything. */
  async stop() {
    try {
      await this.halt();
      for (const secret of this.secrets) this.#mustNotHold(secret);
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  #mustNotHold(secret) {
    // The id is public; what follows it is not.
    const needle = secret.slice(14);
    if (this.output.includes(needle)) throw new Error('the log holds a token');
    const files = readdirSync(this.#folder, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      const path = join(file.parentPath ?? file.path, file.name);
      if (readFileSync(path).includes(needle)) throw new Error(`${file.name} holds a token`);
    }
  }

  /** Runs a command of the product on the same data and returns what it prints. */
  async command(args, input = '') {
    const child = spawn(BINARY, args, { cwd: this.#folder, env: this.#environment() });
    let printed = '';
    let complaint = '';
    child.stdout.on('data', (chunk) => { printed += chunk; });
    child.stderr.on('data', (chunk) => { complaint += chunk; });
    child.stdin.end(input);
    const code = await new Promise((resolve) => { child.on('close', resolve); });
    this.output += complaint;
    if (code !== 0) throw new Error(`scimward ${args.join(' ')}: ${complaint}`);
    return printed.trim();
  }

  /** Runs SQL on the database: to break it, to fill it or to look into it. */
  sql(statements) {
    const database = join(this.#folder, 'data', 'scimward.db');
    const result = spawnSync('sqlite3', ['-bail', '-cmd', '.timeout 5000', database], {
      input: statements, encoding: 'utf8',
    });
    if (result.status !== 0) throw new Error(`sqlite3: ${result.stderr}`);
    return result.stdout.trim();
  }

  /** Presents a token as an identity provider does; returns the status. */
  async present(token, headers = {}) {
    this.secrets.add(token);
    const answer = await fetch(`${this.direct}/v1/token/validate`, {
      headers: { Authorization: `Bearer ${token}`, ...headers },
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** Presents a token that is good, and waits until its first use is written. */
  async use(token, headers = {}) {
    const status = await this.present(token, headers);
    if (status !== 200) throw new Error(`the token was refused with ${status}`);
    const id = token.slice(6, 14);
    const first = `SELECT first_used_at FROM tokens WHERE id = '${id}';`;
    await until('the first use is written', () => this.sql(first) !== '');
  }

  /** Stops and starts again; what is written once a minute is written when the server stops. */
  async restart() {
    await this.halt();
    await this.run();
  }

  #environment() {
    return { PATH: process.env.PATH, RUST_BACKTRACE: '1', ...this.#settings };
  }
}

/** Asks again until there is an answer; fails after ten seconds. */
export async function until(what, ask) {
  const end = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
