// OpenZeppelin's ERC-20 with permits and votes, ERC-721, and a Governor with a timelock, from deployment to an executed proposal.

import { ContractFactory, id, parseEther, Signature, ZeroAddress } from "ethers";
import { contract, failure, finish, same, settings, test, until } from "../lib/cases.mjs";
import { confirmed, provider, wallets } from "../lib/ethers.mjs";

const [alice, bob, carol] = wallets;
const SUPPLY = parseEther("1000");
const STATE = { active: 1n, succeeded: 4n, queued: 5n, executed: 7n };
let token;
let nft;

async function deploy(name, ...args) {
  const { abi, bytecode } = contract(name);
  const made = await new ContractFactory(abi, bytecode, alice).deploy(...args);
  await confirmed(made.deploymentTransaction());
  return made;
}

await test("ERC-20: deploy, transfer, approve, transferFrom", async () => {
  token = await deploy("VotesToken", alice.address, SUPPLY);
  await confirmed(token.transfer(bob.address, parseEther("100")));
  await confirmed(token.connect(bob).approve(carol.address, parseEther("40")));
  await confirmed(token.connect(carol).transferFrom(bob.address, carol.address, parseEther("40")));
  const balances = await Promise.all(wallets.map((wallet) => token.balanceOf(wallet)));
  same(balances, [parseEther("900"), parseEther("60"), parseEther("40")], "balances");
  const events = await token.queryFilter(token.filters.Transfer(bob.address), 0);
  same(events.map((event) => event.args.value), [parseEther("40")], "Transfer events of one sender");
});

await test("ERC-20: too large a transfer names its custom error", async () => {
  const error = await failure(token.connect(carol).transfer.staticCall(alice.address, SUPPLY), "too large a transfer");
  same([error.revert?.name, error.revert?.args[1]], ["ERC20InsufficientBalance", parseEther("40")], "error");
});

await test("ERC-20: permit signed off the chain (EIP-2612)", async () => {
  const domain = { name: "Compat Votes", version: "1", chainId: settings.chainId, verifyingContract: token.target };
  const fields = { owner: "address", spender: "address", value: "uint256", nonce: "uint256", deadline: "uint256" };
  const types = { Permit: Object.entries(fields).map(([name, type]) => ({ name, type })) };
  const permit = { owner: bob.address, spender: alice.address, value: 5n, nonce: await token.nonces(bob), deadline: 2n ** 48n };
  const { v, r, s } = Signature.from(await bob.signTypedData(domain, types, permit));
  await confirmed(token.permit(bob.address, alice.address, 5n, permit.deadline, v, r, s));
  same(await token.allowance(bob, alice), 5n, "allowance");
});

await test("ERC-721: deploy, mint, transfer", async () => {
  nft = await deploy("Collectible");
  await confirmed(nft.mint(alice.address));
  await confirmed(nft["safeTransferFrom(address,address,uint256)"](alice.address, bob.address, 1));
  same([await nft.ownerOf(1), await nft.balanceOf(alice)], [bob.address, 0n], "owner and balance");
  const error = await failure(nft.ownerOf(2), "the owner of nothing");
  same(error.revert?.name, "ERC721NonexistentToken", "error");
});

await test("Governor: propose, vote, queue, execute through a timelock", async () => {
  const timelock = await deploy("Timelock", alice.address);
  const governor = await deploy("Assembly", token.target, timelock.target);
  const governed = await deploy("Governed", timelock.target);
  const roles = await Promise.all([timelock.PROPOSER_ROLE(), timelock.EXECUTOR_ROLE()]);
  const nonce = await alice.getNonce();
  const grants = [
    await timelock.grantRole(roles[0], governor.target, { nonce }),
    await timelock.grantRole(roles[1], ZeroAddress, { nonce: nonce + 1 }),
    await token.delegate(alice.address, { nonce: nonce + 2 }),
    await token.connect(bob).delegate(bob.address),
  ];
  for (const sent of grants) await confirmed(sent);

  const description = "Set the value to 77";
  const actions = [[governed.target], [0n], [governed.interface.encodeFunctionData("set", [77n])]];
  const receipt = await confirmed(governor.propose(...actions, description));
  const made = receipt.logs.map((log) => governor.interface.parseLog(log)).find((event) => event?.name === "ProposalCreated");
  const proposal = made.args.proposalId;
  const state = (wanted, what) => until(async () => (await governor.state(proposal)) === wanted, what, 30_000);
  await state(STATE.active, "an active proposal");
  const votes = [await governor.castVote(proposal, 1), await governor.connect(bob).castVote(proposal, 0)];
  for (const sent of votes) await confirmed(sent);
  same([...(await governor.proposalVotes(proposal))], [parseEther("60"), parseEther("900"), 0n], "votes");
  await state(STATE.succeeded, "a successful proposal");
  await confirmed(governor.queue(...actions, id(description)));
  const ready = await governor.proposalEta(proposal);
  await until(async () => BigInt((await provider.getBlock("latest")).timestamp) >= ready, "the timelock");
  await confirmed(governor.execute(...actions, id(description)));
  same([await governor.state(proposal), await governed.value()], [STATE.executed, 77n], "state and value");
});

finish();
