// A few transactions on the chain for the clients that only read: a deployed contract, an event, a revert.

import { privateKeyToAccount } from "viem/accounts";
import { contract, settings } from "./cases.mjs";
import { reader, walletOf } from "./viem.mjs";

export async function scene() {
  const { abi, bytecode } = contract("Probe");
  const sender = privateKeyToAccount(settings.keys[0]);
  const wallet = walletOf(sender);
  const mined = (hash) => reader.waitForTransactionReceipt({ hash });
  const deployed = await mined(await wallet.deployContract({ abi, bytecode, args: [7n] }));
  const address = deployed.contractAddress;
  const call = { address, abi };
  const written = await mined(await wallet.writeContract({ ...call, functionName: "setThroughSelf", args: [9n] }));
  const reverted = await mined(await wallet.writeContract({ ...call, functionName: "failString", gas: 100_000n }));
  const paid = await mined(await wallet.writeContract({ ...call, functionName: "set", args: [10n], value: 3n }));
  return { abi, address, sender: sender.address, deployed, written, reverted, paid };
}
