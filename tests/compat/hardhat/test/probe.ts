// Tests of a contract, on the live network.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { network } from "hardhat";

describe("Probe on the live network", async () => {
  const { ethers } = await network.connect();

  it("has the accounts of the configuration", async () => {
    const signers = await ethers.getSigners();
    assert.equal(signers.length, 3);
    assert.ok((await ethers.provider.getBalance(signers[0].address)) > 0n);
  });

  it("sets a value and emits the event", async () => {
    const [signer] = await ethers.getSigners();
    const probe = await ethers.deployContract("Probe", [7n]);
    await probe.waitForDeployment();
    const receipt = await (await probe.set(9n)).wait();
    assert.equal(receipt?.status, 1);
    assert.equal(await probe.value(), 9n);
    const events = await probe.queryFilter(probe.filters.ValueSet(signer.address), receipt?.blockNumber);
    assert.equal(events.length, 1);
  });

  it("decodes a string, a custom error and a panic", async () => {
    const probe = await ethers.deployContract("Probe", [7n]);
    await probe.waitForDeployment();
    const reason = async (call: Promise<unknown>) => {
      const error = await call.then(() => assert.fail("succeeded, but must fail"), (thrown) => thrown);
      const { name, args } = probe.interface.parseError(error.data) ?? {};
      return [name, ...(args ?? [])];
    };
    await assert.rejects(probe.failString(), /the reason is a string/);
    assert.deepEqual(await reason(probe.failCustom(3n)), ["TooSmall", 3n, 10n]);
    assert.deepEqual(await reason(probe.failPanic(0n)), ["Panic", 18n]);
  });

  it("estimates fees", async () => {
    const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = await ethers.provider.getFeeData();
    assert.ok(gasPrice !== null && gasPrice > 0n);
    assert.ok(maxFeePerGas !== null && maxPriorityFeePerGas !== null && maxFeePerGas >= maxPriorityFeePerGas);
  });

  it("sends from a second account", async () => {
    const [first, second] = await ethers.getSigners();
    const before = await ethers.provider.getBalance(first.address);
    const receipt = await (await second.sendTransaction({ to: first.address, value: 5n })).wait();
    assert.equal(receipt?.status, 1);
    assert.equal(await ethers.provider.getBalance(first.address), before + 5n);
  });
});
