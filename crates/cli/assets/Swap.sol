// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// What `althing bench load` deploys: an ERC-20 token, and a pair of two such tokens that trade against each other.
/// After a change: node tests/compat/assets.mjs --write

/// An ERC-20 token whose deployer gives out the supply.
contract Token {
    string public constant name = "Bench";
    string public constant symbol = "BENCH";
    uint8 public constant decimals = 18;

    address private immutable issuer = msg.sender;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error NotIssuer();
    error Allowance(uint256 has, uint256 needs);
    error Balance(uint256 has, uint256 needs);

    /// Gives each holder the same amount of new coins.
    function issue(address[] calldata holders, uint256 each) external {
        if (msg.sender != issuer) revert NotIssuer();
        totalSupply += each * holders.length;
        for (uint256 i = 0; i < holders.length; i++) {
            balanceOf[holders[i]] += each;
            emit Transfer(address(0), holders[i], each);
        }
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    /// The largest allowance stands for any amount: it does not shrink.
    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < value) revert Allowance(allowed, value);
            allowance[from][msg.sender] = allowed - value;
        }
        move(from, to, value);
        return true;
    }

    function move(address from, address to, uint256 value) private {
        uint256 has = balanceOf[from];
        if (has < value) revert Balance(has, value);
        unchecked {
            // The sum of all balances is the total supply, which does not overflow.
            balanceOf[from] = has - value;
            balanceOf[to] += value;
        }
        emit Transfer(from, to, value);
    }
}

/// A market of two tokens: the product of its reserves never falls. Three thousandths of what comes in stay with those
/// who provided the reserves.
contract Pair {
    uint256 private constant FEE = 3;
    uint256 private constant THOUSAND = 1000;
    uint256 private constant Q112 = 2 ** 112;

    Token public immutable first;
    Token public immutable second;

    // One storage slot: what the pair held after its last change, and when that was.
    uint112 private reserveFirst;
    uint112 private reserveSecond;
    uint32 private changedAt;

    /// Price times seconds, with 112 binary places: two readings give the mean price between them.
    uint256 public priceSumFirst;
    uint256 public priceSumSecond;

    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;
    uint256 private entered = 1;

    event Provided(address indexed provider, uint256 first, uint256 second, uint256 shares);
    event Withdrawn(address indexed provider, uint256 first, uint256 second, uint256 shares);
    event Swap(address indexed trader, address indexed to, bool firstIn, uint256 paid, uint256 received);
    event Reserves(uint112 first, uint112 second);

    error Entered();
    error UnknownToken();
    error Nothing();
    error TooLate(uint256 deadline);
    error BelowLimit(uint256 received, uint256 limit);
    error TransferFailed();
    error TooMuch();

    modifier alone() {
        if (entered != 1) revert Entered();
        entered = 2;
        _;
        entered = 1;
    }

    constructor(Token first_, Token second_) {
        first = first_;
        second = second_;
    }

    function reserves() external view returns (uint112, uint112, uint32) {
        return (reserveFirst, reserveSecond, changedAt);
    }

    /// Adds reserves and gives shares: at first the root of the product, later in proportion.
    function provide(uint256 amountFirst, uint256 amountSecond) external alone returns (uint256 shares) {
        (uint256 heldFirst, uint256 heldSecond) = (reserveFirst, reserveSecond);
        take(first, amountFirst);
        take(second, amountSecond);
        if (totalShares == 0) {
            shares = root(amountFirst * amountSecond);
        } else {
            uint256 byFirst = (amountFirst * totalShares) / heldFirst;
            uint256 bySecond = (amountSecond * totalShares) / heldSecond;
            shares = byFirst < bySecond ? byFirst : bySecond;
        }
        if (shares == 0) revert Nothing();
        totalShares += shares;
        sharesOf[msg.sender] += shares;
        settle(heldFirst, heldSecond);
        emit Provided(msg.sender, amountFirst, amountSecond, shares);
    }

    /// Gives a provider's part of the reserves back.
    function withdraw(uint256 shares) external alone returns (uint256 amountFirst, uint256 amountSecond) {
        (uint256 heldFirst, uint256 heldSecond) = (reserveFirst, reserveSecond);
        amountFirst = (shares * heldFirst) / totalShares;
        amountSecond = (shares * heldSecond) / totalShares;
        if (amountFirst == 0 || amountSecond == 0) revert Nothing();
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        give(first, msg.sender, amountFirst);
        give(second, msg.sender, amountSecond);
        settle(heldFirst, heldSecond);
        emit Withdrawn(msg.sender, amountFirst, amountSecond, shares);
    }

    /// Pays one token in and receives the other: not less than `limit`, not after `deadline`.
    function swap(Token paid, uint256 amount, uint256 limit, address to, uint256 deadline)
        external
        alone
        returns (uint256 received)
    {
        if (block.timestamp > deadline) revert TooLate(deadline);
        if (paid != first && paid != second) revert UnknownToken();
        bool firstIn = paid == first;
        (uint256 heldFirst, uint256 heldSecond) = (reserveFirst, reserveSecond);
        received = firstIn ? quote(amount, heldFirst, heldSecond) : quote(amount, heldSecond, heldFirst);
        if (received < limit) revert BelowLimit(received, limit);
        if (received == 0) revert Nothing();
        take(paid, amount);
        give(firstIn ? second : first, to, received);
        settle(heldFirst, heldSecond);
        emit Swap(msg.sender, to, firstIn, amount, received);
    }

    /// What an amount buys, so that the product of the reserves stays as it is when the fee is left out.
    function quote(uint256 amount, uint256 reserveIn, uint256 reserveOut) public pure returns (uint256) {
        uint256 effective = amount * (THOUSAND - FEE);
        return (effective * reserveOut) / (reserveIn * THOUSAND + effective);
    }

    function take(Token token, uint256 amount) private {
        if (!token.transferFrom(msg.sender, address(this), amount)) revert TransferFailed();
    }

    function give(Token token, address to, uint256 amount) private {
        if (!token.transfer(to, amount)) revert TransferFailed();
    }

    /// Takes over what the pair holds now; the first change in a second adds the price before it to the sums.
    function settle(uint256 heldFirst, uint256 heldSecond) private {
        uint256 nowFirst = first.balanceOf(address(this));
        uint256 nowSecond = second.balanceOf(address(this));
        if (nowFirst > type(uint112).max || nowSecond > type(uint112).max) revert TooMuch();
        uint32 time = uint32(block.timestamp);
        unchecked {
            // Both the time and the sums may wrap: only differences of them mean something.
            uint32 passed = time - changedAt;
            if (passed > 0 && heldFirst > 0 && heldSecond > 0) {
                priceSumFirst += ((heldSecond * Q112) / heldFirst) * passed;
                priceSumSecond += ((heldFirst * Q112) / heldSecond) * passed;
            }
        }
        (reserveFirst, reserveSecond, changedAt) = (uint112(nowFirst), uint112(nowSecond), time);
        emit Reserves(uint112(nowFirst), uint112(nowSecond));
    }

    /// The largest number whose square is not more than `value`, by Newton's method from above.
    function root(uint256 value) private pure returns (uint256 result) {
        result = value;
        uint256 next = value / 2 + 1;
        while (next < result) {
            result = next;
            next = (value / next + next) / 2;
        }
    }
}
