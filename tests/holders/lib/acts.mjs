// What holders do: transactions and refusals, with viem and with cast.

import { decodeErrorResult, parseEventLogs, toHex } from "viem";
import { mnemonicToAccount, privateKeyToAccount } from "viem/accounts";
import { assert, failure, same, settings, url } from "../../compat/lib/cases.mjs";
import { command, foundry } from "../../compat/lib/foundry.mjs";
import { reader, walletOf } from "../../compat/lib/viem.mjs";
import { contracts } from "./chain.mjs";

/** Gas that every call of a system contract gets along with, for transactions that are to fail in a block. */
const PLENTY = 2_000_000n;
/**
 * What a transaction gets for an estimate. The same call may cost more some blocks later: a new second, a new ranking and a new epoch are
 * more numbers to write down. All of them together double what it costs to change a stake.
 */
export const enough = (estimate) => (estimate * 5n) / 2n;

export const holders = settings.keys.map((key) => privateKeyToAccount(key));
/** An account of the development mnemonic: the owners of the candidates, and their first voters. */
export const developer = (addressIndex) => mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex });
const keyOf = (account) => (account.getHdKey ? toHex(account.getHdKey().privateKey) : settings.keys[holders.indexOf(account)]);

/** A call as a page makes it with viem: simulated, sent, and found in a block. */
export async function write(account, contract, functionName, args, value = 0n) {
  const { request } = await reader.simulateContract({ account, ...contracts[contract], functionName, args, value });
  const gas = enough(await reader.estimateContractGas(request));
  return mined(await walletOf(account).writeContract({ ...request, gas }));
}

export async function mined(hash, status = "success") {
  const receipt = await reader.waitForTransactionReceipt({ hash });
  same(receipt.status, status, "status");
  return receipt;
}

export const cast = (...args) => command(foundry("cast"), args, { ETH_RPC_URL: url });

/** A call as a person makes it with cast: `send(account, "Staking", "unstake(uint64,uint8[])", …)`; the receipt as viem gives it. */
export async function send(account, contract, signature, ...args) {
  const call = [contracts[contract].address, signature, ...args.map(String)];
  const gas = enough(BigInt(await cast("estimate", "--from", account.address, ...call)));
  const sent = await cast("send", "--json", "--private-key", keyOf(account), "--gas-limit", String(gas), ...call);
  const { transactionHash, status, logs } = JSON.parse(sent);
  same(status, "0x1", signature);
  const receipt = await mined(transactionHash);
  same(logs.map((log) => log.data), receipt.logs.map((log) => log.data), "logs of cast and viem");
  return receipt;
}

/** What cast prints of a call that only reads, with the types that the signature names. */
export const ask = (contract, signature, ...args) => cast("call", contracts[contract].address, signature, ...args.map(String));

/** The one event of a name in a receipt. */
export function event(receipt, contract, eventName) {
  const found = parseEventLogs({ abi: contracts[contract].abi, logs: receipt.logs, eventName });
  same(found.length, 1, `events ${eventName}`);
  same(found[0].address.toLowerCase(), contracts[contract].address, `who logged ${eventName}`);
  return found[0].args;
}

/** The typed error that viem decodes from a call, by name, with its arguments. */
export async function refusal(account, contract, functionName, args, options = {}) {
  const call = reader.simulateContract({ account, ...contracts[contract], functionName, args, ...options });
  const error = await failure(call, functionName);
  const reverted = error.walk?.((cause) => cause.name === "ContractFunctionRevertedError");
  assert(reverted?.data?.errorName, `${functionName}: no typed error, but ${error.shortMessage ?? error.message}`);
  return { name: reverted.data.errorName, args: reverted.data.args };
}

/** Sends what must fail, in spite of the warning; its receipt. */
export async function sendInSpite(account, contract, functionName, args, value = 0n) {
  const request = { ...contracts[contract], functionName, args, value, gas: PLENTY };
  return mined(await walletOf(account).writeContract(request), "reverted");
}

/** The typed error that cast prints when it will not send, decoded by cast. */
export async function refusalOfCast(account, contract, signature, ...args) {
  const sending = cast("send", "--private-key", keyOf(account), contracts[contract].address, signature, ...args.map(String));
  const { message } = await failure(sending, signature);
  const data = /data: "(0x[0-9a-f]+)"/.exec(message)?.[1];
  assert(data, `cast names no error: ${message}`);
  const { abiItem } = decodeErrorResult({ abi: contracts[contract].abi, data });
  const types = `${abiItem.name}(${abiItem.inputs.map((input) => input.type).join(",")})`;
  const printed = (await cast("decode-error", "--sig", types, data)).split("\n");
  return { name: abiItem.name, args: printed.filter((line) => !line.includes(types)) };
}
