"""Solidity's ABI as far as system contracts need it: types and selectors read from an interface's source, values coded."""

import re

from keccak import keccak256

STATIC = re.compile(r"^(uint\d+|int\d+|address|bool|bytes\d+)$")


class Struct:
    """Named fields with their types."""

    def __init__(self, fields):
        self.fields = fields

    @property
    def text(self):
        return "(" + ",".join(text(kind) for _, kind in self.fields) + ")"


class Record(dict):
    """A decoded struct: `record.field`."""

    __getattr__ = dict.__getitem__


def text(kind):
    """A type as selectors have it. A list is [element]."""
    if isinstance(kind, list):
        return text(kind[0]) + "[]"
    return kind.text if isinstance(kind, Struct) else kind


def _parameters(source, structs):
    fields = []
    for number, part in enumerate(filter(None, (part.strip() for part in source.split(",")))):
        words = [word for word in part.split() if word not in ("memory", "calldata", "indexed")]
        kind, depth = words[0], 0
        while kind.endswith("[]"):
            kind, depth = kind[:-2], depth + 1
        kind = structs.get(kind, kind)
        for _ in range(depth):
            kind = [kind]
        fields.append((words[1] if len(words) > 1 else str(number), kind))
    return fields


def functions(path):
    """Name to (selector, inputs, outputs) of an interface's functions; structs must stand before their use."""
    source = re.sub(r"//[^\n]*", "", open(path, encoding="utf-8").read())
    structs, found = {}, {}
    for name, body in re.findall(r"struct (\w+) \{([^}]*)\}", source):
        structs[name] = Struct(_parameters(body.replace(";", ","), structs))
    for name, inputs, outputs in re.findall(r"function (\w+)\(([^)]*)\)[^;{]*?(?:returns \(([^)]*)\))?;", source):
        inputs = [kind for _, kind in _parameters(inputs, structs)]
        outputs = [kind for _, kind in _parameters(outputs, structs)]
        found[name] = (selector(name, inputs), inputs, outputs)
    return found


def selector(name, inputs):
    return keccak256(f"{name}({','.join(map(text, inputs))})".encode())[:4]


def _word(kind, value):
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).ljust(32, b"\0") if kind.startswith("bytes") else bytes(value).rjust(32, b"\0")
    if isinstance(value, str):
        return _word(kind, bytes.fromhex(value.removeprefix("0x")))
    return int(value).to_bytes(32, "big", signed=value < 0)


def _is_dynamic(kind):
    if isinstance(kind, Struct):
        return any(_is_dynamic(field) for _, field in kind.fields)
    return isinstance(kind, list) or kind in ("string", "bytes")


def encode(kinds, values):
    """Arguments of a call: static ones, strings, bytes and lists of static ones."""
    head, tail = b"", b""
    for kind, value in zip(kinds, values, strict=True):
        if not _is_dynamic(kind):
            head += _word(kind, value)
            continue
        head += (32 * len(kinds) + len(tail)).to_bytes(32, "big")
        if isinstance(kind, list):
            tail += len(value).to_bytes(32, "big") + b"".join(_word(kind[0], item) for item in value)
        else:
            data = value.encode() if isinstance(value, str) else value
            tail += len(data).to_bytes(32, "big") + data + bytes(-len(data) % 32)
    return head + tail


def decode(kinds, data):
    """Values in order. Addresses and bytes of fixed length are `bytes`."""
    return _decode_tuple(kinds, data, 0)


def _size(kind):
    if isinstance(kind, Struct) and not _is_dynamic(kind):
        return sum(_size(field) for _, field in kind.fields)
    return 32


def _number(data, at):
    if at + 32 > len(data):
        raise ValueError(f"the answer has {len(data)} bytes; a word at {at} is missing")
    return int.from_bytes(data[at : at + 32], "big")


def _decode_tuple(kinds, data, base):
    values, at = [], base
    for kind in kinds:
        values.append(_decode(kind, data, base + _number(data, at) if _is_dynamic(kind) else at))
        at += _size(kind)
    return values


def _decode(kind, data, at):
    if isinstance(kind, Struct):
        values = _decode_tuple([field for _, field in kind.fields], data, at)
        return Record(zip((name for name, _ in kind.fields), values))
    if isinstance(kind, list):
        return _decode_tuple(kind * _number(data, at), data, at + 32)
    if kind in ("string", "bytes"):
        value = data[at + 32 : at + 32 + _number(data, at)]
        return value.decode(errors="replace") if kind == "string" else value
    assert STATIC.match(kind), kind
    number = _number(data, at)
    if kind.startswith("bytes"):
        return number.to_bytes(32, "big")[: int(kind[5:])]
    if kind == "address":
        return number.to_bytes(32, "big")[12:]
    if kind == "bool":
        return bool(number)
    return number - (1 << 256) if kind.startswith("int") and number >> 255 else number
