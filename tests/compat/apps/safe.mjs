// A Safe of three owners, two of whom must sign: deployed from the published artefacts, and used.

import { createRequire } from "node:module";
import { concat, Contract, ContractFactory, parseEther, Wallet, ZeroAddress } from "ethers";
import { assert, failure, finish, same, settings, test } from "../lib/cases.mjs";
import { confirmed, provider, wallets } from "../lib/ethers.mjs";

const require = createRequire(import.meta.url);
const published = (path) => require(`@safe-global/safe-smart-account/build/artifacts/contracts/${path}.json`);
const singletonArtifact = published("SafeL2.sol/SafeL2");
const factoryArtifact = published("proxies/SafeProxyFactory.sol/SafeProxyFactory");
const handlerArtifact = published("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler");

const [alice, bob, carol] = wallets;
const owners = wallets.map((wallet) => wallet.address);
const THRESHOLD = 2;
let singleton;
let factory;
let handler;
let safe;

const deploy = async ({ abi, bytecode }) => {
  const made = await new ContractFactory(abi, bytecode, alice).deploy();
  await confirmed(made.deploymentTransaction());
  return made;
};

const TYPES = {
  SafeTx: [
    ["address", "to"], ["uint256", "value"], ["bytes", "data"], ["uint8", "operation"], ["uint256", "safeTxGas"], ["uint256", "baseGas"],
    ["uint256", "gasPrice"], ["address", "gasToken"], ["address", "refundReceiver"], ["uint256", "nonce"],
  ].map(([type, name]) => ({ type, name })),
};

async function signed(transaction, signers) {
  const domain = { chainId: settings.chainId, verifyingContract: safe.target };
  const message = { ...transaction, nonce: await safe.nonce() };
  const sorted = [...signers].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const hash = await safe.getTransactionHash(...Object.values(message));
  const signatures = await Promise.all(sorted.map((signer) => signer.signTypedData(domain, TYPES, message)));
  return { hash, arguments: [...Object.values(transaction), concat(signatures)] };
}

const call = (to, value, data = "0x") => ({
  to, value, data, operation: 0, safeTxGas: 0n, baseGas: 0n, gasPrice: 0n, gasToken: ZeroAddress, refundReceiver: ZeroAddress,
});

await test("deploy singleton, proxy factory and handler", async () => {
  singleton = await deploy(singletonArtifact);
  factory = await deploy(factoryArtifact);
  handler = await deploy(handlerArtifact);
});

await test("create a Safe, 2 of 3, through the factory", async () => {
  const setup = singleton.interface.encodeFunctionData("setup", [owners, THRESHOLD, ZeroAddress, "0x", handler.target, ZeroAddress, 0, ZeroAddress]);
  const request = [singleton.target, setup, BigInt(Date.now())];
  const expected = await factory.createProxyWithNonce.staticCall(...request);
  await confirmed(factory.createProxyWithNonce(...request));
  safe = new Contract(expected, singletonArtifact.abi, alice);
  same([await safe.getOwners(), await safe.getThreshold()].flat(), [...owners, 2n], "owners and threshold");
});

await test("execute a transfer signed by two owners", async () => {
  await confirmed(alice.sendTransaction({ to: safe.target, value: parseEther("3") }));
  const to = Wallet.createRandom().address;
  const made = await signed(call(to, parseEther("1")), [bob, carol]);
  const receipt = await confirmed(safe.execTransaction(...made.arguments));
  const names = receipt.logs.filter((log) => log.address === safe.target).map((log) => safe.interface.parseLog(log)?.name);
  assert(names.includes("ExecutionSuccess"), `events ${names}`);
  same(await provider.getBalance(to), parseEther("1"), "balance");
});

await test("one signature is not enough", async () => {
  const made = await signed(call(alice.address, 1n), [bob]);
  const error = await failure(safe.execTransaction.staticCall(...made.arguments), "one signature");
  same(error.reason, "GS020", "reason");
});

await test("owners change the threshold by a transaction of the Safe", async () => {
  const data = safe.interface.encodeFunctionData("changeThreshold", [3]);
  const made = await signed(call(safe.target, 0n, data), [alice, carol]);
  await confirmed(safe.execTransaction(...made.arguments));
  same(await safe.getThreshold(), 3n, "threshold");
});

finish();
