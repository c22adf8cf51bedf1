// forge: create, script with broadcast, and tests on a fork of the live chain.

import { privateKeyToAccount } from "viem/accounts";
import { assert, contract, finish, same, settings, test, url } from "../lib/cases.mjs";
import { command, foundry } from "../lib/foundry.mjs";
import { ROOT } from "../lib/paths.mjs";
import { reader } from "../lib/viem.mjs";

const { abi } = contract("Probe");
const environment = { COMPAT_NODE: process.execPath, COMPAT_KEY: BigInt(settings.keys[0]).toString(), ETH_RPC_URL: url };
const forge = (args, more = {}) => command(foundry("forge"), args, { ...environment, ...more }, `${ROOT}/foundry`);
const read = (address) => reader.readContract({ address, abi, functionName: "value" });
const found = (pattern, text, what) => {
  const match = pattern.exec(text);
  assert(match, `${what} is not in: ${text.slice(-300)}`);
  return match[1];
};
let probe;

await test("build", async () => {
  await forge(["build"]);
});

await test("create", async () => {
  const key = settings.keys[1];
  const output = await forge(["create", "../contracts/Probe.sol:Probe", "--broadcast", "--private-key", key, "--constructor-args", "7"]);
  same(await read(found(/Deployed to: (0x[0-9a-fA-F]{40})/, output, "the address")), 7n, "value");
});

await test("script: simulate, broadcast, wait for the receipts", async () => {
  const output = await forge(["script", "script/Deploy.s.sol:Deploy", "--broadcast", "--rpc-url", url]);
  probe = found(/first: address (0x[0-9a-fA-F]{40})/, output, "the first address");
  same(await read(probe), 21n, "value of the first contract");
  same(await read(found(/second: address (0x[0-9a-fA-F]{40})/, output, "the second address")), 2n, "value of the second contract");
  const nonce = await reader.getTransactionCount({ address: privateKeyToAccount(settings.keys[0]).address });
  same(nonce, 3, "transactions of the script");
});

await test("test on a fork", async () => {
  const result = JSON.parse(await forge(["test", "--fork-url", url, "--json"], { COMPAT_PROBE: probe }));
  const tests = Object.values(result).flatMap((suite) => Object.entries(suite.test_results));
  same(tests.filter(([, { status }]) => status !== "Success").map(([name, { reason }]) => `${name}: ${reason}`), [], "failed tests");
  same(tests.length, 3, "tests");
});

finish();
