// Runs every client against the network through the recording proxy, prints a line per case, and writes the report.
// Called by run.sh, which installs what is needed.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { checkAssets } from "./assets.mjs";
import { build } from "./lib/build.mjs";
import { CLIENTS } from "./lib/clients.mjs";
import { fund, keysFor } from "./lib/accounts.mjs";
import { OUT, ROOT } from "./lib/paths.mjs";
import { startProxy } from "./lib/proxy.mjs";
import { writeReport } from "./lib/report.mjs";

/** Clients at the same time: they mostly wait for blocks. */
const CONCURRENCY = 4;
/** The longest that one client may take, in milliseconds. */
const CLIENT_DEADLINE = 170_000;
const LINE = /^(ok|FAIL) (\S+) (.+) \((\d+) ms\)(?: (.*))?$/;

function usage(problem) {
  console.error(`${problem}\nSet ALTHING_RPC_URLS to the nodes' URLs, comma-separated, e.g. ALTHING_RPC_URLS=http://127.0.0.1:8545 tests/compat/run.sh`);
  process.exit(2);
}

/** Runs one client; resolves to its cases. A client that dies outside a case is a failed case of its own. */
function runClient(client, { port, urls, chainId, seed }) {
  const environment = {
    ...process.env,
    COMPAT_CLIENT: client.name,
    COMPAT_URLS: urls.map((_, index) => `http://127.0.0.1:${port}/${client.name}/${index}`).join(","),
    COMPAT_KEYS: keysFor(seed, client.name).join(","),
    COMPAT_CHAIN_ID: String(chainId),
    NO_COLOR: "1",
  };
  const [command, ...args] = client.command;
  const child = spawn(command, args, { cwd: ROOT, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const cases = [];
  const tail = [];
  const keep = (line) => {
    if (process.env.COMPAT_VERBOSE) console.error(`     ${client.name}: ${line}`);
    tail.push(line);
    if (tail.length > 20) tail.shift();
  };
  const add = (line) => {
    const [, outcome, name, scenario, milliseconds, reason] = LINE.exec(line);
    cases.push({ ok: outcome === "ok", client: name, scenario, milliseconds: Number(milliseconds), reason: reason ?? "" });
    console.log(line);
  };
  createInterface({ input: child.stdout }).on("line", (line) => (LINE.test(line) ? add(line) : keep(line)));
  createInterface({ input: child.stderr }).on("line", keep);
  const start = Date.now();
  const timer = setTimeout(() => child.kill("SIGKILL"), CLIENT_DEADLINE);
  return new Promise((resolve) => {
    child.on("error", (error) => keep(error.message));
    child.on("close", (code) => {
      clearTimeout(timer);
      if (cases.length === 0 || (code !== 0 && cases.every((entry) => entry.ok))) {
        const reason = `ended with ${code}: ${tail.join(" | ")}`.slice(0, 600);
        add(`FAIL ${client.name} runs to its end (${Date.now() - start} ms) ${reason}`);
      }
      resolve(cases);
    });
  });
}

async function main() {
  const urls = (process.env.ALTHING_RPC_URLS ?? "").split(",").map((url) => url.trim()).filter(Boolean);
  if (urls.length === 0) usage("No network is named.");
  const only = (process.env.COMPAT_ONLY ?? "").split(",").filter(Boolean);
  const unknown = only.filter((name) => !CLIENTS.some((client) => client.name === name));
  if (unknown.length > 0) usage(`COMPAT_ONLY names no client of this suite: ${unknown.join(", ")}.`);
  const clients = CLIENTS.filter(
    (client) => (only.length === 0 || only.includes(client.name)) && urls.length >= (client.nodes ?? 1),
  );
  const seed = process.env.COMPAT_SEED ?? randomBytes(8).toString("hex");

  mkdirSync(OUT, { recursive: true });
  build();
  checkAssets();
  const start = Date.now();
  const network = await fund(urls[0], clients, seed);
  console.log(`# ${network.version}, chain ${network.chainId}, ${urls.length} node(s), COMPAT_SEED=${seed}`);

  const proxy = await startProxy(urls);
  const waiting = [...clients];
  const results = [];
  const worker = async () => {
    for (let client = waiting.shift(); client; client = waiting.shift()) {
      results.push(...(await runClient(client, { port: proxy.port, urls, chainId: network.chainId, seed })));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  proxy.close();

  const failures = results.filter((result) => !result.ok);
  if (only.length === 0) {
    const path = await writeReport({ network, nodes: urls.length, clients, results, rows: proxy.recorder.rows() });
    console.log(`# report: ${path}`);
  }
  // Once more at the end: a log may be cut, and then its end is what is kept.
  for (const failure of failures) console.log(`# failed: ${failure.client} ${failure.scenario}: ${failure.reason}`);
  const seconds = ((Date.now() - start) / 1000).toFixed(0);
  console.log(`# ${results.length - failures.length} of ${results.length} cases passed in ${seconds} s`);
  process.exit(failures.length === 0 ? 0 : 1);
}

main().catch((error) => {
  console.error(`FAIL: ${error.shortMessage ?? error.message}`);
  process.exit(1);
});
