// Fresh accounts for each client and run, so that clients can run side by side and a run can be repeated on the same chain.

import { createPublicClient, createWalletClient, defineChain, http, keccak256, parseEther, toHex } from "viem";
import { mnemonicToAccount, nonceManager, privateKeyToAccount } from "viem/accounts";

/** Accounts that each client gets. */
const ACCOUNTS = 3;
/** Transfers sent before waiting for them: below what pools take from one sender. */
const AT_ONCE = 16;
/** Coins that each account gets where a client does not ask for more. */
const SHARE = 100;
/** The development mnemonic, and which of its accounts pays: the last, so that a person at the first is not disturbed. */
const MNEMONIC = "test test test test test test test test test test test junk";
const FUNDER_INDEX = 9;

export function keysFor(seed, client) {
  return Array.from({ length: ACCOUNTS }, (_, index) => keccak256(toHex(`${seed}/${client}/${index}`)));
}

function funder() {
  const key = process.env.ALTHING_FUNDER_KEY;
  return key
    ? privateKeyToAccount(key, { nonceManager })
    : mnemonicToAccount(MNEMONIC, { addressIndex: FUNDER_INDEX, nonceManager });
}

/** Gives every client's accounts coins; resolves to what is known of the network. */
export async function fund(url, clients, seed) {
  const transport = http(url);
  const bare = createPublicClient({ transport });
  const chainId = await bare.getChainId().catch((error) => {
    throw new Error(`${url} does not answer: ${error.details ?? error.message}. Is the network running there?`);
  });
  const version = await bare.request({ method: "web3_clientVersion" });
  const chain = defineChain({
    id: chainId,
    name: "network under test",
    nativeCurrency: { name: "coin", symbol: "COIN", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const reader = createPublicClient({ chain, transport, pollingInterval: 100 });
  const wallet = createWalletClient({ chain, transport, account: funder() });
  const shares = clients.flatMap(({ name, coins = SHARE }) =>
    keysFor(seed, name).map((key) => ({ to: privateKeyToAccount(key).address, value: parseEther(String(coins)) })),
  );
  for (let done = 0; done < shares.length; done += AT_ONCE) {
    let hash;
    for (const share of shares.slice(done, done + AT_ONCE)) hash = await wallet.sendTransaction({ ...share, gas: 21_000n });
    await reader.waitForTransactionReceipt({ hash, timeout: 30_000 });
  }
  return { chainId, version };
}
