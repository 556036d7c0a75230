// Runs the test files side by side and reports one line for each test, and the sum at the end.

import { availableParallelism, cpus } from 'node:os';
import { readdirSync } from 'node:fs';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.test.mjs'))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  .map((name) => folder + name);
const concurrency = Math.max(2, availableParallelism?.() ?? cpus().length);

let passed = 0;
const failures = [];

const isFile = (event) => event.name.endsWith('.test.mjs');
const stream = run({ files, concurrency, timeout: 900_000 });
stream.on('test:pass', (event) => {
  if (isFile(event) || event.details.type === 'suite') return;
  passed += 1;
  console.log(`ok    ${event.name} (${(event.details.duration_ms / 1000).toFixed(1)} s)`);
});
stream.on('test:fail', (event) => {
  const { error } = event.details;
  // A file or a group fails because of a test in it, which has been reported already.
  if (error.failureType === 'subtestsFailed') return;
  failures.push(event.name);
  const cause = error.cause ?? error;
  console.log(`FAIL  ${event.name}\n${cause.stack ?? cause.message ?? cause}`);
});
stream.on('end', () => {
  for (const name of failures) console.log(`failed: ${name}`);
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
});
stream.resume();
