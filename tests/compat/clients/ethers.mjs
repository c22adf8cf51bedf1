// ethers 6: provider, wallet and contract as its documentation shows them.

import {
  AbiCoder, Contract, ContractFactory, encodeRlp, getCreateAddress, isError, JsonRpcProvider, keccak256, parseEther, randomBytes, toBeHex,
  toQuantity, Transaction, Wallet, WebSocketProvider, ZeroAddress, hexlify, stripZerosLeft,
} from "ethers";
import { assert, contract, failure, finish, same, settings, socketUrl, test, until, url } from "../lib/cases.mjs";
import { confirmed, provider, wallets } from "../lib/ethers.mjs";

const artifact = contract("Probe");
const [alice, bob, carol] = wallets;
const fresh = () => Wallet.createRandom().address;
let probe;
let deployedIn;

await test("transfer with EIP-1559 fees", async () => {
  const to = fresh();
  const receipt = await confirmed(alice.sendTransaction({ to, value: parseEther("1") }));
  same([receipt.status, receipt.type], [1, 2], "status and type");
  same(await provider.getBalance(to), parseEther("1"), "balance");
});

await test("legacy transfer with a chain id", async () => {
  const sent = await alice.sendTransaction({ to: fresh(), value: 1n, type: 0 });
  const receipt = await confirmed(sent);
  same([receipt.status, receipt.type], [1, 0], "status and type");
  same((await provider.getTransaction(sent.hash)).chainId, BigInt(settings.chainId), "chain id");
});

await test("deploy", async () => {
  const factory = new ContractFactory(artifact.abi, artifact.bytecode, alice);
  const made = await factory.deploy(7n);
  const { nonce } = made.deploymentTransaction();
  deployedIn = (await confirmed(made.deploymentTransaction())).blockNumber;
  const address = await made.getAddress();
  same(address, getCreateAddress({ from: alice.address, nonce }), "address");
  assert((await provider.getCode(address)).length > 2, "no code at the new address");
  probe = new Contract(address, artifact.abi, alice);
});

await test("call and storage", async () => {
  same(await probe.value(), 7n, "value");
  same(BigInt(await provider.getStorage(probe, 0)), 7n, "slot 0");
});

await test("transaction with an access list (EIP-2930)", async () => {
  const request = await probe.set.populateTransaction(8n);
  const { accessList } = await provider.send("eth_createAccessList", [{ from: alice.address, ...request }, "latest"]);
  assert(accessList.length > 0, "the list is empty");
  const sent = await alice.sendTransaction({ ...request, type: 1, accessList });
  same((await confirmed(sent)).type, 1, "type");
  same((await provider.getTransaction(sent.hash)).accessList.length, accessList.length, "entries");
});

await test("write, and the event in the receipt", async () => {
  const receipt = await confirmed(probe.set(9n));
  const events = receipt.logs.map((log) => probe.interface.parseLog(log));
  same(events.map(({ name, args }) => [name, ...args]), [["ValueSet", alice.address, 9n]], "events");
});

await test("fee estimation", async () => {
  const fees = await provider.getFeeData();
  assert(fees.gasPrice > 0n && fees.maxFeePerGas > 0n && fees.maxPriorityFeePerGas >= 0n, "no fees");
  const history = await provider.send("eth_feeHistory", ["0x4", "latest", [25, 75]]);
  same(history.baseFeePerGas.length, history.gasUsedRatio.length + 1, "base fees");
  const gas = await probe.set.estimateGas(10n);
  const receipt = await confirmed(probe.set(10n, { gasLimit: gas }));
  assert(receipt.gasUsed <= gas, `used ${receipt.gasUsed} of the estimated ${gas}`);
  same(receipt.fee, receipt.gasUsed * receipt.gasPrice, "fee");
});

await test("revert reason: string", async () => {
  const error = await failure(probe.failString(), "failString");
  assert(isError(error, "CALL_EXCEPTION"), `not a CALL_EXCEPTION: ${error.code}`);
  same(error.reason, "the reason is a string", "reason");
});

await test("revert reason: custom error", async () => {
  const error = await failure(probe.failCustom(3n), "failCustom");
  same([error.code, error.revert.name, [...error.revert.args]], ["CALL_EXCEPTION", "TooSmall", [3n, 10n]], "error");
});

await test("revert reason: panic", async () => {
  const error = await failure(probe.failPanic(0n), "failPanic");
  same([error.code, error.revert.name, Number(error.revert.args[0])], ["CALL_EXCEPTION", "Panic", 18], "error");
});

await test("revert reason: by estimateGas, and in a block", async () => {
  const error = await failure(probe.set.estimateGas(1n, { from: alice.address, value: parseEther("1000000000") }), "a poor sender");
  assert(isError(error, "INSUFFICIENT_FUNDS"), `not INSUFFICIENT_FUNDS: ${error.code} ${error.message}`);
  const reverted = await failure(probe.failCustom.estimateGas(3n), "estimate");
  same(probe.interface.parseError(reverted.data)?.name, "TooSmall", "error");
  const request = await probe.failString.populateTransaction();
  const mined = await failure(confirmed(alice.sendTransaction({ ...request, gasLimit: 100_000n })), "in a block");
  same([mined.code, mined.receipt?.status], ["CALL_EXCEPTION", 0], "receipt");
});

await test("logs by range and topic", async () => {
  const all = await probe.queryFilter("ValueSet", deployedIn);
  assert(all.length >= 3, `found ${all.length}`);
  same(await probe.queryFilter(probe.filters.ValueSet(bob.address), deployedIn), [], "events of another sender");
});

await test("events by polling", async () => {
  const seen = [];
  await probe.on("ValueSet", (who, value) => seen.push(value));
  await confirmed(probe.set(11n));
  await until(() => seen.includes(11n), "the event");
  await probe.off("ValueSet");
});

await test("subscriptions newHeads, logs, newPendingTransactions", async () => {
  const live = new WebSocketProvider(socketUrl);
  const heads = [];
  const values = [];
  const pending = [];
  await live.on("block", (height) => heads.push(height));
  await live.on("pending", (hash) => pending.push(hash));
  await probe.connect(live).on("ValueSet", (who, value) => values.push(value));
  await until(() => heads.length > 0, "the first head");
  const sent = await probe.set(12n);
  const receipt = await confirmed(sent);
  await until(() => values.includes(12n), "the log");
  await until(() => pending.includes(sent.hash), "the pending transaction");
  await until(() => heads.includes(receipt.blockNumber), "the head");
  await live.destroy();
});

await test("trace", async () => {
  const { hash } = await confirmed(probe.setThroughSelf(13n));
  const trace = await provider.send("debug_traceTransaction", [hash, { tracer: "callTracer" }]);
  same([trace.from, trace.calls.length], [alice.address.toLowerCase(), 1], "frames");
});

await test("authorisation of code (EIP-7702)", async () => {
  const batcher = contract("Batcher");
  const made = await new ContractFactory(batcher.abi, batcher.bytecode, alice).deploy();
  await confirmed(made.deploymentTransaction());
  const delegate = await made.getAddress();
  const authorization = await bob.authorize({ address: delegate });
  const to = fresh();
  const receipt = await confirmed(alice.sendTransaction({ type: 4, to: bob.address, authorizationList: [authorization] }));
  same([receipt.status, receipt.type], [1, 4], "status and type");
  same((await provider.getCode(bob)).toLowerCase(), `0xef0100${delegate.slice(2).toLowerCase()}`, "code");
  const self = new Contract(bob.address, batcher.abi, bob);
  await confirmed(self.execute([{ to, value: 5n, data: "0x" }, { to: probe, value: 0n, data: probe.interface.encodeFunctionData("set", [14n]) }]));
  same([await provider.getBalance(to), await probe.value()], [5n, 14n], "what the calls did");
  const clear = await bob.authorize({ address: ZeroAddress, nonce: (await bob.getNonce()) });
  await confirmed(alice.sendTransaction({ type: 4, to: alice.address, authorizationList: [clear] }));
  same(await provider.getCode(bob), "0x", "code after it is cleared");
});

await test("batched requests", async () => {
  const batching = new JsonRpcProvider(url, undefined, { batchMaxCount: 20, batchStallTime: 20, cacheTimeout: -1 });
  const balances = await Promise.all(wallets.map((wallet) => batching.getBalance(wallet)));
  assert(balances.every((balance) => balance > 0n), "an empty balance");
  const mixed = await Promise.allSettled([batching.getBlockNumber(), batching.send("eth_noSuchMethod", [])]);
  same(mixed.map((part) => part.status), ["fulfilled", "rejected"], "good and bad in one batch");
  batching.destroy();
});

await test("nonces: sent out of order, replaced, all included", async () => {
  const nonce = await carol.getNonce("pending");
  const to = fresh();
  const later = await carol.sendTransaction({ to, value: 2n, nonce: nonce + 1, gasLimit: 21_000n });
  const { maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
  const cheap = { to, value: 3n, nonce: nonce + 2, gasLimit: 21_000n, maxFeePerGas, maxPriorityFeePerGas };
  await carol.sendTransaction(cheap);
  const refused = await failure(carol.sendTransaction({ ...cheap, value: 4n }), "the same price again");
  assert(isError(refused, "REPLACEMENT_UNDERPRICED"), `not REPLACEMENT_UNDERPRICED: ${refused.code} ${refused.message}`);
  const dear = { ...cheap, value: 5n, maxFeePerGas: maxFeePerGas * 2n, maxPriorityFeePerGas: maxPriorityFeePerGas * 2n + 1n };
  const replacement = await carol.sendTransaction(dear);
  const first = await carol.sendTransaction({ to, value: 1n, nonce, gasLimit: 21_000n });
  for (const sent of [first, later, replacement]) same((await confirmed(sent)).status, 1, "status");
  same(await provider.getBalance(to), 8n, "balance: the replaced transaction must not run");
});

await test("block with its transactions and receipts", async () => {
  const receipt = await confirmed(probe.set(15n));
  const block = await provider.getBlock(receipt.blockNumber, true);
  const sent = block.prefetchedTransactions.find(({ hash }) => hash === receipt.hash);
  same([sent.from, sent.blockHash], [alice.address, receipt.blockHash], "transaction");
  same(Transaction.from(sent).hash, receipt.hash, "hash recomputed from the transaction's fields");
  const receipts = await provider.send("eth_getBlockReceipts", [toQuantity(receipt.blockNumber)]);
  assert(receipts.some((one) => one.transactionHash === receipt.hash), "the block's receipts lack it");
});

await test("state at a block hash (EIP-1898) and at a height", async () => {
  const before = await confirmed(probe.set(17n));
  await confirmed(probe.set(18n));
  same(await probe.value({ blockTag: before.blockNumber }), 17n, "at the height");
  same(await probe.value({ blockTag: before.blockHash }), 17n, "at the hash");
  const call = { to: probe.target, data: probe.interface.encodeFunctionData("value") };
  same(BigInt(await provider.send("eth_call", [call, { blockHash: before.blockHash }])), 17n, "at the object");
});

await test("state overrides in a call", async () => {
  const call = { to: probe.target, data: probe.interface.encodeFunctionData("value") };
  const word = (value) => AbiCoder.defaultAbiCoder().encode(["uint256"], [value]);
  const changes = { [probe.target]: { stateDiff: { [word(0)]: word(99) } } };
  same(BigInt(await provider.send("eth_call", [call, "latest", changes])), 99n, "value");
});

await test("errors: nonce too low, insufficient funds, wrong chain id", async () => {
  const low = await failure(alice.sendTransaction({ to: bob, value: 1n, nonce: 0, gasLimit: 21_000n }), "an old nonce");
  assert(isError(low, "NONCE_EXPIRED"), `not NONCE_EXPIRED: ${low.code} ${low.message}`);
  const poor = await failure(alice.sendTransaction({ to: bob, value: parseEther("1000000000"), gasLimit: 21_000n }), "too large a value");
  assert(isError(poor, "INSUFFICIENT_FUNDS"), `not INSUFFICIENT_FUNDS: ${poor.code} ${poor.message}`);
  const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n, gasLimit: 21_000n };
  const request = { to: bob.address, chainId: settings.chainId + 1, nonce: await alice.getNonce(), type: 2, ...fees };
  const signed = await new Wallet(alice.privateKey).signTransaction(request);
  const foreign = await failure(provider.broadcastTransaction(signed), "another chain's transaction");
  assert(/chain/i.test(foreign.message), `the error does not speak of the chain: ${foreign.message}`);
});

await test("errors: malformed transactions are refused", async () => {
  for (const bytes of ["0x", "0x02c0", hexlify(randomBytes(100)).replace(/^0x../, "0x02")]) {
    await failure(provider.send("eth_sendRawTransaction", [bytes]), `the transaction ${bytes.slice(0, 12)}`);
  }
});

await test("header hash recomputed", async () => {
  const block = await provider.send("eth_getBlockByNumber", ["latest", false]);
  const short = (value) => (value === undefined ? undefined : stripZerosLeft(toBeHex(value)));
  const fields = [
    block.parentHash, block.sha3Uncles, block.miner, block.stateRoot, block.transactionsRoot, block.receiptsRoot, block.logsBloom,
    short(block.difficulty), short(block.number), short(block.gasLimit), short(block.gasUsed), short(block.timestamp), block.extraData,
    block.mixHash, block.nonce, short(block.baseFeePerGas), block.withdrawalsRoot, short(block.blobGasUsed),
    short(block.excessBlobGas), block.parentBeaconBlockRoot, block.requestsHash,
  ];
  same(keccak256(encodeRlp(fields.filter((field) => field !== undefined))), block.hash, "hash");
});

finish();
