// A provider and wallets of ethers for the network under test.

import { JsonRpcProvider, Wallet } from "ethers";
import { settings, url } from "./cases.mjs";

/** How often ethers looks for receipts and blocks, in milliseconds. */
const POLL = 100;

/** No cache: ethers keeps answers for 250 ms by default, which is half a block here. */
export const provider = new JsonRpcProvider(url, undefined, { pollingInterval: POLL, cacheTimeout: -1 });

export const wallets = settings.keys.map((key) => new Wallet(key, provider));

export async function confirmed(response) {
  return (await response).wait(1, 30_000);
}
