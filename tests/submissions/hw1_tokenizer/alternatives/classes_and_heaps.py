"""Classes with state: a trie for specials, heaps for training and encoding."""
# ruff: noqa: E402, F811, F821  (cells of a notebook, which has the other names)


# %% specials-solution
class Trie:
    """The special tokens as a tree of characters."""

    def __init__(self, words: list[str]) -> None:
        self.root: dict = {}
        for word in words:
            node = self.root
            for character in word:
                node = node.setdefault(character, {})
            node[None] = word

    def longest_at(self, text: str, start: int) -> str | None:
        """The longest word that begins at ``start``."""
        node, found = self.root, None
        for place in range(start, len(text) + 1):
            found = node.get(None, found)
            if place == len(text) or text[place] not in node:
                break
            node = node[text[place]]
        return found


def split_specials(text: str, specials: list[str]) -> list[tuple[str, bool]]:
    trie = Trie(specials)
    pieces: list[tuple[str, bool]] = []
    ordinary: list[str] = []
    at = 0

    def flush() -> None:
        if ordinary:
            pieces.append(("".join(ordinary), False))
            ordinary.clear()

    while at < len(text):
        special = trie.longest_at(text, at)
        if special is None:
            ordinary.append(text[at])
            at += 1
        else:
            flush()
            pieces.append((special, True))
            at += len(special)
    flush()
    return pieces


# %% words-solution
from collections import defaultdict


class WordCounter:
    """Counts words of ordinary text."""

    def __init__(self) -> None:
        self.counts: defaultdict[bytes, int] = defaultdict(int)

    def add(self, text: str) -> None:
        """Count the words of ``text``."""
        for match in regex.finditer(WORD_PATTERN, text):
            self.counts[match.group().encode()] += 1


def count_words(pieces: list[tuple[str, bool]]) -> dict[bytes, int]:
    counter = WordCounter()
    for piece, is_special in pieces:
        if is_special:
            continue
        counter.add(piece)
    return counter.counts


# %% train-solution
import heapq
from collections import defaultdict


class Entry:
    """A pair with its count, the greatest first in a heap."""

    __slots__ = ("count", "pair")

    def __init__(self, count: int, pair: tuple[bytes, bytes]) -> None:
        self.count, self.pair = count, pair

    def __lt__(self, other: "Entry") -> bool:
        return (self.count, self.pair) > (other.count, other.pair)


class Trainer:
    """Keeps the pair counts up to date by going through the changed words only."""

    def __init__(self, word_counts: dict[bytes, int]) -> None:
        self.words = [[word[i : i + 1] for i in range(len(word))] for word in word_counts]
        self.weights = list(word_counts.values())
        self.counts: defaultdict[tuple[bytes, bytes], int] = defaultdict(int)
        self.where: defaultdict[tuple[bytes, bytes], set[int]] = defaultdict(set)
        for number in range(len(self.words)):
            self.add(number, 1)
        self.heap = [Entry(count, pair) for pair, count in self.counts.items()]
        heapq.heapify(self.heap)

    def add(self, number: int, sign: int) -> set[tuple[bytes, bytes]]:
        """Add a word's pairs to the counts, or take them away."""
        tokens = self.words[number]
        seen = set()
        for left, right in pairwise(tokens):
            self.counts[left, right] += sign * self.weights[number]
            self.where[left, right].add(number)
            seen.add((left, right))
        return seen

    def best(self) -> tuple[bytes, bytes] | None:
        """The pair to merge next; entries with an old count are thrown away."""
        while self.heap:
            entry = heapq.heappop(self.heap)
            if entry.count > 0 and self.counts[entry.pair] == entry.count:
                return entry.pair
        return None

    def merge(self, pair: tuple[bytes, bytes]) -> None:
        """Merge ``pair`` in every word that has it."""
        touched = set()
        for number in self.where.pop(pair):
            touched |= self.add(number, -1)
            old, new = self.words[number], []
            skip = False
            for place, token in enumerate(old):
                if skip:
                    skip = False
                elif (token, *old[place + 1 : place + 2]) == pair:
                    new.append(token + old[place + 1])
                    skip = True
                else:
                    new.append(token)
            self.words[number] = new
            touched |= self.add(number, 1)
        for one in touched:
            heapq.heappush(self.heap, Entry(self.counts[one], one))


def train_bpe(
    word_counts: dict[bytes, int], vocab_size: int, specials: list[str]
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]]]:
    room = vocab_size - len(specials) - 256
    if room < 0:
        raise ValueError("no room")
    trainer = Trainer(word_counts)
    vocab = {i: i.to_bytes(1, "big") for i in range(256)}
    merges = []
    while len(merges) < room and (pair := trainer.best()):
        trainer.merge(pair)
        merges.append(pair)
        vocab[len(vocab)] = b"".join(pair)
    for special in specials:
        vocab[len(vocab)] = special.encode()
    return vocab, merges


# %% encode-solution
import heapq


class Encoder:
    """Merges a word with a heap of places, and keeps the words it has seen."""

    def __init__(self, vocab: dict[int, bytes], merges: list[tuple[bytes, bytes]]) -> None:
        self.ids: dict[bytes, int] = {}
        for number, token in vocab.items():
            self.ids[token] = min(number, self.ids.get(token, number))
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.known: dict[str, list[int]] = {}

    def word(self, word: str) -> list[int]:
        """The ids of one word."""
        if word in self.known:
            return self.known[word]
        spelled = word.encode()
        tokens: list[bytes | None] = [spelled[i : i + 1] for i in range(len(spelled))]
        after = list(range(1, len(tokens) + 1))
        before = list(range(-1, len(tokens) - 1))
        heap: list[tuple[int, int, bytes, bytes]] = []

        def offer(left: int) -> None:
            right = after[left] if left >= 0 else len(tokens)
            if right < len(tokens):
                pair = (tokens[left], tokens[right])
                if pair in self.ranks:
                    heapq.heappush(heap, (self.ranks[pair], left, *pair))

        for place in range(len(tokens)):
            offer(place)
        while heap:
            _, left, first, second = heapq.heappop(heap)
            right = after[left]
            if tokens[left] != first or right >= len(tokens) or tokens[right] != second:
                continue
            tokens[left], tokens[right] = first + second, None
            after[left] = after[right]
            if after[left] < len(tokens):
                before[after[left]] = left
            offer(left)
            offer(before[left])
        self.known[word] = [self.ids[token] for token in tokens if token is not None]
        return self.known[word]


def encode(text: str, vocab: dict[int, bytes], merges: list[tuple[bytes, bytes]]) -> list[int]:
    return replay(pretokenize(text), Encoder(vocab, merges))


def replay(words: list[str], encoder: Encoder) -> list[int]:
    return [number for word in words for number in encoder.word(word)]


# %% decode-solution
import codecs


def decode(ids: list[int], vocab: dict[int, bytes]) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    return "".join([decoder.decode(vocab[number]) for number in ids]) + decoder.decode(b"", True)


# %% save-solution
from dataclasses import asdict, dataclass


@dataclass
class Document:
    """The JSON document."""

    specials: list[str]
    merges: list[tuple[str, str]]
    vocab: dict[str, str]


def dump_tokenizer(
    vocab: dict[int, bytes], merges: list[tuple[bytes, bytes]], specials: list[str]
) -> str:
    document = Document(
        specials=list(specials),
        merges=[(a.hex(), b.hex()) for a, b in merges],
        vocab={f"{number}": vocab[number].hex() for number in sorted(vocab)},
    )
    return json.dumps(asdict(document), indent=2, ensure_ascii=False)


def load_tokenizer(
    document: str,
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]], list[str]]:
    try:
        content = Document(**json.loads(document))
        merges = [(bytes.fromhex(a), bytes.fromhex(b)) for a, b in content.merges]
        vocab = {int(key): bytes.fromhex(value) for key, value in content.vocab.items()}
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not a tokenizer") from error
    if not isinstance(content.specials, list) or not isinstance(content.merges, list):
        raise ValueError("specials or merges is no list")
    return vocab, merges, content.specials


# %% metrics-solution
class Ratio:
    """A ratio of two sums."""

    def __init__(self) -> None:
        self.top = self.bottom = 0

    def add(self, top: int, bottom: int) -> None:
        """Add a document."""
        self.top += top
        self.bottom += bottom

    @property
    def value(self) -> float:
        """The ratio."""
        try:
            return self.top / self.bottom
        except ZeroDivisionError:
            raise ValueError("nothing to divide by") from None


def fertility(texts: list[str], encoded: list[list[int]]) -> float:
    ratio = Ratio()
    for text, ids in zip(texts, encoded, strict=True):
        ratio.add(len(ids), len(text.split()))
    return ratio.value


def bytes_per_token(texts: list[str], encoded: list[list[int]]) -> float:
    ratio = Ratio()
    for text, ids in zip(texts, encoded, strict=True):
        ratio.add(len(text.encode()), len(ids))
    return ratio.value


def parity(encoded: list[list[int]], encoded_english: list[list[int]]) -> float:
    ratio = Ratio()
    for ids, english in zip(encoded, encoded_english, strict=True):
        ratio.add(len(ids), len(english))
    return ratio.value


# %% bootstrap-solution
import random


# Helpers whose names the cells after this one must leave alone.
def rows(documents: list[tuple[int, int]], generator: random.Random) -> list[tuple[int, int]]:
    return generator.choices(documents, k=len(documents))


def value(documents: list[tuple[int, int]]) -> float:
    return sum(map(left, documents)) / sum(map(right, documents)) - 1


def left(pair: tuple[int, int]) -> int:
    return pair[0]


def right(pair: tuple[int, int]) -> int:
    return pair[1]


def percent(numbers: list[float], p: float) -> float:
    return numbers[round(p / 100 * (len(numbers) - 1))]


def paired_bootstrap(
    ours: list[int], theirs: list[int], draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    documents = list(zip(ours, theirs, strict=True))
    if not documents:
        raise ValueError("no documents")
    drawn = sorted(value(rows(documents, random.Random(f"{seed} {i}"))) for i in range(draws))
    return value(documents), percent(drawn, 2.5), percent(drawn, 97.5)


# %% experiment-solution
def run_experiment() -> dict[str, object]:
    words = count_words([(text, False) for text in train_documents])
    vocab, merges = train_bpe(words, VOCAB_SIZE, SPECIALS)
    encoder = Encoder(vocab, merges)
    found: dict = {"merges": merges}
    names = ("tokens", "bytes_per_token", "parity", "difference")
    found |= {name: {} for name in names}
    encoded = {}
    for language, documents in test_documents.items():
        lists = [
            [i for word in pretokenize(text) for i in encoder.word(word)] for text in documents
        ]
        encoded[language] = lists
        counts = [len(ids) for ids in lists]
        found["tokens"][language] = counts
        found["bytes_per_token"][language] = bytes_per_token(documents, lists)
        found["parity"][language] = parity(lists, encoded["en"])
        found["difference"][language] = paired_bootstrap(counts, library_tokens[language], 2000)
    return found


result = run_experiment()
