"""RLP, Ethereum's encoding of nested lists of bytes."""


def encode(item):
    """Bytes of a number, of bytes, or of a list of such."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, list):
        body, short = b"".join(map(encode, item)), 0xC0
    elif len(item) == 1 and item[0] < 0x80:
        return bytes(item)
    else:
        body, short = bytes(item), 0x80
    if len(body) < 56:
        return bytes([short + len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([short + 55 + len(length)]) + length + body


def decode(data, at=0):
    """The item at a place, and where the next begins."""
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    is_list, base = (True, 0xC0) if first >= 0xC0 else (False, 0x80)
    start, length = at + 1, first - base
    if length > 55:
        size = length - 55
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    end = start + length
    if end > len(data):
        raise ValueError(f"an item of {length} bytes at {at} ends after the data")
    if not is_list:
        return data[start:end], end
    items, place = [], start
    while place < end:
        item, place = decode(data, place)
        items.append(item)
    return items, end
