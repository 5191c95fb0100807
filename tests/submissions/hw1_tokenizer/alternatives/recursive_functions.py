"""Small recursive and functional pieces: partition, reduce, tuples, no loop that changes a list."""
# ruff: noqa: E402, F821  (cells of a notebook, which has the other names)


# %% specials-solution
def split_specials(text: str, specials: list[str]) -> list[tuple[str, bool]]:
    found = [(text.find(special), -len(special), special) for special in specials]
    found = [one for one in found if one[0] >= 0]
    if not found:
        return [(text, False)] if text else []
    at, _, special = min(found)
    before = [(text[:at], False)] if at else []
    return [*before, (special, True), *split_specials(text[at + len(special) :], specials)]


# %% words-solution
from functools import reduce


def count_words(pieces: list[tuple[str, bool]]) -> dict[bytes, int]:
    def add(counts: dict[bytes, int], word: bytes) -> dict[bytes, int]:
        return {**counts, word: counts.get(word, 0) + 1}

    ordinary = (piece for piece, is_special in pieces if not is_special)
    words = (bytes(word, "utf-8") for piece in ordinary for word in pretokenize(piece))
    return reduce(add, words, {})


# %% train-solution
Word = tuple[tuple[bytes, ...], int]


def join_first(tokens: tuple[bytes, ...], pair: tuple[bytes, bytes]) -> tuple[bytes, ...]:
    done: list[bytes] = []
    rest = iter(tokens)
    held = next(rest, None)
    for token in rest:
        if held is None:
            held = token
        elif (held, token) == pair:
            done.append(held + token)
            held = None
        else:
            done.append(held)
            held = token
    return tuple(done) if held is None else (*done, held)


def pair_totals(words: list[Word]) -> Counter:
    totals: Counter = Counter()
    for tokens, count in words:
        for place in range(1, len(tokens)):
            totals[tokens[place - 1 : place + 1]] += count
    return totals


def train_bpe(
    word_counts: dict[bytes, int], vocab_size: int, specials: list[str]
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]]]:
    room = vocab_size - 256 - len(specials)
    if room < 0:
        raise ValueError("vocab_size is too small")
    words: list[Word] = [
        (tuple(bytes((byte,)) for byte in word), count) for word, count in word_counts.items()
    ]
    merges: list[tuple[bytes, bytes]] = []
    for _ in range(room):
        totals = pair_totals(words)
        if not totals:
            break
        most = max(totals.values())
        pair = sorted(pair for pair, count in totals.items() if count == most)[-1]
        merges = [*merges, pair]
        words = [(join_first(tokens, pair), count) for tokens, count in words]
    tokens = [*(bytes((byte,)) for byte in range(256)), *map(b"".join, merges)]
    return dict(enumerate([*tokens, *(one.encode() for one in specials)])), merges


# %% encode-solution
def encode(text: str, vocab: dict[int, bytes], merges: list[tuple[bytes, bytes]]) -> list[int]:
    smallest = {token: number for number, token in sorted(vocab.items())[::-1]}

    def split(tokens: list[bytes], rank: int) -> list[bytes]:
        """Apply the merges from ``rank`` on."""
        pairs = set(pairwise(tokens))
        later = (place for place in range(rank, len(merges)) if merges[place] in pairs)
        place = next(later, None)
        if place is None:
            return tokens
        return split(join(tokens, merges[place]), place + 1)

    def join(tokens: list[bytes], pair: tuple[bytes, bytes]) -> list[bytes]:
        at = 0
        joined = []
        while at < len(tokens):
            if tuple(tokens[at : at + 2]) == pair:
                joined.append(b"".join(pair))
                at += 2
            else:
                joined.append(tokens[at])
                at += 1
        return joined

    def tokens_of(word: str) -> list[bytes]:
        return split([bytes([byte]) for byte in word.encode()], 0)

    return [smallest[token] for word in pretokenize(text) for token in tokens_of(word)]


# %% decode-solution
def decode(ids: list[int], vocab: dict[int, bytes]) -> str:
    return bytes(byte for number in ids for byte in vocab[number]).decode(errors="replace")


# %% save-solution
def dump_tokenizer(
    vocab: dict[int, bytes], merges: list[tuple[bytes, bytes]], specials: list[str]
) -> str:
    def plain(value: object) -> object:
        if isinstance(value, bytes):
            return "".join(f"{byte:02x}" for byte in value)
        if isinstance(value, dict):
            return {str(key): plain(one) for key, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value

    return json.dumps(plain({"merges": merges, "specials": specials, "vocab": vocab}), indent=1)


def load_tokenizer(
    document: str,
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]], list[str]]:
    match json.loads(document):
        case {"vocab": dict(rows), "merges": list(pairs), "specials": list(names)}:
            vocab = {int(key): bytes.fromhex(value) for key, value in rows.items()}
            return vocab, [(bytes.fromhex(a), bytes.fromhex(b)) for a, b in pairs], names
    raise ValueError("not a tokenizer document")


# %% metrics-solution
from fractions import Fraction
from itertools import chain


def quotient(top: int, bottom: int, *lengths: int) -> float:
    if len(set(lengths)) != 1 or bottom == 0:
        raise ValueError("lists of different length, or nothing to divide by")
    return float(Fraction(top, bottom))


def total(encoded: list[list[int]]) -> int:
    return sum(1 for _ in chain.from_iterable(encoded))


def fertility(texts: list[str], encoded: list[list[int]]) -> float:
    words = len(" ".join(texts).split())
    return quotient(total(encoded), words, len(texts), len(encoded))


def bytes_per_token(texts: list[str], encoded: list[list[int]]) -> float:
    size = len("".join(texts).encode())
    return quotient(size, total(encoded), len(texts), len(encoded))


def parity(encoded: list[list[int]], encoded_english: list[list[int]]) -> float:
    english = total(encoded_english)
    return quotient(total(encoded), english, len(encoded), len(encoded_english))


# %% bootstrap-solution
import random
import statistics


def paired_bootstrap(
    ours: list[int], theirs: list[int], draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    if len(ours) != len(theirs) or len(ours) == 0:
        raise ValueError("the lists must be parallel and not empty")
    generator = random.Random(f"bootstrap {seed}")
    places = range(len(ours))

    def once() -> float:
        drawn = [generator.choice(places) for _ in places]
        return sum(map(ours.__getitem__, drawn)) / sum(map(theirs.__getitem__, drawn)) - 1

    cuts = statistics.quantiles([once() for _ in range(draws)], n=40, method="inclusive")
    return sum(ours) / sum(theirs) - 1, cuts[0], cuts[-1]
