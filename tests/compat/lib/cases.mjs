// The shape of every JavaScript client: its settings from the environment, and cases that each print one line.
// The line is the only interface to the runner: `ok|FAIL client scenario (ms) reason`.

import { readFileSync } from "node:fs";
import { OUT } from "./paths.mjs";

/** The longest that one case may take that names no other time, in milliseconds. */
const CASE_DEADLINE = 60_000;
/** The pause between two looks at something awaited, in milliseconds. */
const LOOK_EVERY = 100;
/** The longest reason that is printed, in characters. */
const REASON_LENGTH = 300;

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start clients through run.sh`);
  return value;
}

/** What the runner gives each client. */
export const settings = {
  client: need("COMPAT_CLIENT"),
  /** One URL per node; the first is the one to use by default. */
  urls: need("COMPAT_URLS").split(","),
  keys: need("COMPAT_KEYS").split(","),
  chainId: Number(need("COMPAT_CHAIN_ID")),
};
export const url = settings.urls[0];
export const socketUrl = url.replace(/^http/, "ws");

/** ABI and bytecode of a contract of contracts/. */
export function contract(name) {
  const found = JSON.parse(readFileSync(`${OUT}/contracts.json`, "utf8")).contracts[name];
  if (!found) throw new Error(`contracts/ has no ${name}`);
  return found;
}

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

/** Compares as JSON, where a bigint is its decimal text. */
export function same(given, expected, what) {
  const text = (value) => JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part));
  assert(text(given) === text(expected), `${what}: got ${text(given)}, expected ${text(expected)}`);
}

/** Runs something that must fail and returns the error. */
export async function failure(promise, what) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: succeeded, but must fail`);
}

/** Looks until `look` gives something true, and returns that; the case's deadline bounds it. */
export async function until(look, what, deadline = 20_000) {
  const end = Date.now() + deadline;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${deadline} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/** One JSON-RPC call as a program without a library makes it. */
export async function rpc(method, params = [], at = url) {
  const response = await fetch(at, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const body = await response.json();
  if (body.error) throw Object.assign(new Error(`${method}: ${body.error.message}`), body.error);
  return body.result;
}

let failed = 0;

/** Runs one case and prints its line. */
export async function test(scenario, body, longest = CASE_DEADLINE) {
  const start = Date.now();
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${longest} ms`)), longest);
  });
  let reason = "";
  try {
    await Promise.race([body(), deadline]);
  } catch (error) {
    failed += 1;
    const message = String(error?.shortMessage ?? error?.message ?? error);
    const detail = error?.details && !message.includes(error.details) ? ` (${error.details})` : "";
    reason = `${message}${detail}`.replace(/\s+/g, " ").slice(0, REASON_LENGTH);
    if (process.env.COMPAT_VERBOSE) console.error(error);
  } finally {
    clearTimeout(timer);
  }
  console.log(`${reason ? "FAIL" : "ok"} ${settings.client} ${scenario} (${Date.now() - start} ms) ${reason}`.trimEnd());
}

/** Ends the process: libraries leave timers and sockets open. */
export function finish() {
  process.exit(failed === 0 ? 0 : 1);
}
