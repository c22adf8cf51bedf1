// Deploys a contract to the live network and prints its address.

import { network } from "hardhat";

const { ethers } = await network.connect();
const probe = await ethers.deployContract("Probe", [7n]);
await probe.waitForDeployment();
console.log(`deployed ${await probe.getAddress()}`);
