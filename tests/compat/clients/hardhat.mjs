// Hardhat 3: build, a deployment script and a test run on a network of type http.

import { assert, contract, finish, same, test, url } from "../lib/cases.mjs";
import { command } from "../lib/foundry.mjs";
import { ROOT } from "../lib/paths.mjs";
import { reader } from "../lib/viem.mjs";

const environment = { COMPAT_URL: url, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true", CI: "1" };
const hardhat = (...args) =>
  command(process.execPath, [`${ROOT}/node_modules/hardhat/dist/src/cli.js`, ...args], environment, `${ROOT}/hardhat`);

await test("build", async () => {
  await hardhat("build");
});

await test("deployment script", async () => {
  const output = await hardhat("run", "scripts/deploy.ts", "--network", "live", "--no-compile");
  const address = /deployed (0x[0-9a-fA-F]{40})/.exec(output)?.[1];
  assert(address, `no address in: ${output.slice(-300)}`);
  same(await reader.readContract({ address, abi: contract("Probe").abi, functionName: "value" }), 7n, "value");
});

await test("test run: accounts, events, revert reasons, fees", async () => {
  const output = await hardhat("test", "nodejs", "--network", "live", "--no-compile");
  assert(/5 passing/.test(output), output.slice(-300));
});

finish();
