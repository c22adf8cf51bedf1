// A provider and wallets of ethers for the network under test.

import { JsonRpcProvider, Wallet } from "ethers";
import { assert, settings, url } from "./cases.mjs";

/** How often ethers looks for receipts and blocks, in milliseconds. */
const POLL = 100;
/** The longest wait for a receipt, in milliseconds. */
const DEADLINE = 30_000;

/** No cache: ethers keeps answers for 250 ms by default, which is half a block here. */
export const provider = new JsonRpcProvider(url, undefined, { pollingInterval: POLL, cacheTimeout: -1 });

export const wallets = settings.keys.map((key) => new Wallet(key, provider));

/** Waits for the receipt of a transaction just sent, which the node must know from the moment it took it. */
export async function confirmed(sending) {
  const sent = await sending;
  assert(await provider.getTransaction(sent.hash), `the node does not know ${sent.hash}, which it accepted`);
  return sent.wait(1, DEADLINE);
}
