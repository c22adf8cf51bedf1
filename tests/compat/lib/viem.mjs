// A reader and wallets of viem for the network under test.

import { createPublicClient, createWalletClient, defineChain, http } from "viem";
import { settings, url } from "./cases.mjs";

/** How often viem looks for receipts and blocks, in milliseconds. */
export const POLL = 100;

export const chain = defineChain({
  id: settings.chainId,
  name: "network under test",
  nativeCurrency: { name: "coin", symbol: "COIN", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});

export const readerAt = (at) => createPublicClient({ chain, transport: http(at), pollingInterval: POLL, cacheTime: 0 });
export const reader = readerAt(url);
export const walletOf = (account, at = url) => createWalletClient({ account, chain, transport: http(at) });
