// Starts the network, funds the holders, and runs the stories side by side: each is a process that prints a line for each case.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { fund, keysFor } from "../compat/lib/accounts.mjs";
import { Network } from "./lib/network.mjs";

/** What the stories are, and the coins of each of their three accounts. Each moves the votes of candidates of its own. */
const STORIES = [
  { name: "stake", coins: 20_000 },
  { name: "vote", coins: 1_100_000 },
  { name: "reward", coins: 200_000 },
  { name: "govern", coins: 200_000 },
];
/** The longest that one story may take, in milliseconds. */
const STORY_DEADLINE = 400_000;
const running = new Set();
const LINE = /^(ok|FAIL) \S+ .+ \(\d+ ms\)/;

/** Runs one story; resolves to how many of its cases passed and failed. */
async function tell(story, { urls, chainId, seed }) {
  const env = {
    ...process.env,
    COMPAT_CLIENT: story.name,
    COMPAT_URLS: urls.join(","),
    COMPAT_KEYS: keysFor(seed, story.name).join(","),
    COMPAT_CHAIN_ID: String(chainId),
    NO_COLOR: "1",
  };
  const path = fileURLToPath(new URL(`${story.name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [path], { env, stdio: ["ignore", "pipe", "inherit"], timeout: STORY_DEADLINE });
  running.add(child);
  const cases = { ok: 0, FAIL: 0 };
  createInterface({ input: child.stdout }).on("line", (line) => {
    console.log(line);
    const outcome = LINE.exec(line)?.[1];
    if (outcome) cases[outcome] += 1;
  });
  const code = await new Promise((done) => child.on("close", done));
  running.delete(child);
  if (cases.ok === 0 || (code !== 0 && cases.FAIL === 0)) {
    console.log(`FAIL ${story.name} runs to its end (0 ms) it ended with ${code}`);
    cases.FAIL += 1;
  }
  return cases;
}

async function main(network) {
  const start = Date.now();
  const only = (process.env.HOLDERS_ONLY ?? "").split(",").filter(Boolean);
  const stories = STORIES.filter(({ name }) => only.length === 0 || only.includes(name));
  if (stories.length < only.length) throw new Error(`HOLDERS_ONLY: the stories are ${STORIES.map(({ name }) => name).join(", ")}`);
  await network.start();
  const seed = randomBytes(8).toString("hex");
  const { version, chainId } = await fund(network.urls[0], stories, seed);
  console.log(`# ${version}, ${network.urls.length} nodes from ${network.urls[0]} on, after ${Date.now() - start} ms`);
  const told = await Promise.all(stories.map((story) => tell(story, { urls: network.urls, chainId, seed })));
  const sum = (outcome) => told.reduce((total, cases) => total + cases[outcome], 0);
  await network.stop();
  console.log(`# ${sum("ok")} of ${sum("ok") + sum("FAIL")} cases passed in ${Math.round((Date.now() - start) / 1000)} s`);
  return sum("FAIL") === 0;
}

const network = new Network(process.env.ALTHING_BIN);
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  network.kill();
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    console.log(`# logs: ${network.dir}`);
    process.exit(130);
  });
}
let passed = false;
try {
  passed = await main(network);
} catch (error) {
  console.log(`FAIL network ${error.shortMessage ?? error.message}`);
}
if (passed) network.remove();
else console.log(`# logs: ${network.dir}`);
process.exit(passed ? 0 : 1);
