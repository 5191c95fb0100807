"""Arrays of ids: all words in one numpy array, merges found by comparing neighbours."""
# ruff: noqa: E402, F821  (cells of a notebook, which has the other names)


# %% specials-solution
def split_specials(text: str, specials: list[str]) -> list[tuple[str, bool]]:
    if not specials:
        return [(text, False)][: len(text)]
    # The regex module's named lists take the longest match at a place.
    pattern = regex.compile(r"\L<specials>", specials=specials)
    pieces, at = [], 0
    for match in pattern.finditer(text):
        pieces += [(text[at : match.start()], False), (match.group(), True)]
        at = match.end()
    pieces.append((text[at:], False))
    return [one for one in pieces if one[0]]


# %% words-solution
def count_words(pieces: list[tuple[str, bool]]) -> dict[bytes, int]:
    ordinary = [piece for piece, special in pieces if not special]
    words = np.array([w for piece in ordinary for w in pretokenize(piece)], dtype=object)
    unique, counts = np.unique(words, return_counts=True) if len(words) else ([], [])
    return {word.encode(): int(count) for word, count in zip(unique, counts, strict=True)}


# %% train-solution
def train_bpe(
    word_counts: dict[bytes, int], vocab_size: int, specials: list[str]
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]]]:
    last_merge = vocab_size - len(specials)
    if last_merge < 256:
        raise ValueError(vocab_size)
    tokens = [bytes([i]) for i in range(256)]
    merges = []
    # Words one after the other, -1 between them; each place has its word's count.
    ids = np.concatenate([np.array([*word, -1]) for word in word_counts] or [np.array([-1])])
    lengths = [len(word) + 1 for word in word_counts] or [1]
    weights = np.repeat(np.array([*word_counts.values()] or [0]), lengths)
    while len(tokens) < last_merge:
        left, right = ids[:-1], ids[1:]
        inside = (left >= 0) & (right >= 0)
        if not inside.any():
            break
        pairs, which = np.unique(
            np.stack([left[inside], right[inside]]), axis=1, return_inverse=True
        )
        totals = np.zeros(pairs.shape[1], dtype=np.int64)
        np.add.at(totals, which.ravel(), weights[:-1][inside])
        top = [tuple(pair) for pair in pairs[:, totals == totals.max()].T.tolist()]
        one, two = max(top, key=lambda pair: (tokens[pair[0]], tokens[pair[1]]))
        hits = np.flatnonzero((left == one) & (right == two))
        if one == two:  # overlapping places: keep every second one of a run
            kept, previous = [], -2
            for hit in hits.tolist():
                if hit != previous + 1:
                    kept.append(hit)
                    previous = hit
            hits = np.array(kept, dtype=np.int64)
        merges.append((tokens[one], tokens[two]))
        ids[hits] = len(tokens)
        tokens.append(tokens[one] + tokens[two])
        ids, weights = np.delete(ids, hits + 1), np.delete(weights, hits + 1)
    tokens += [special.encode() for special in specials]
    return dict(enumerate(tokens)), merges


# %% encode-solution
def encode(text: str, vocab: dict[int, bytes], merges: list[tuple[bytes, bytes]]) -> list[int]:
    number_of = {}
    for number in sorted(vocab):
        number_of.setdefault(vocab[number], number)
    # One merge after the other over the whole text: a merge needs only tokens made before it.
    ids = [-1]
    for word in pretokenize(text):
        ids += [number_of[bytes([byte])] for byte in word.encode()] + [-1]
    present = set(ids)
    for left, right in merges:
        one, two = number_of[left], number_of[right]
        if one not in present or two not in present:
            continue
        new, at = [], 0
        while at < len(ids):
            if ids[at] == one and ids[at + 1] == two:
                new.append(number_of[left + right])
                at += 2
            else:
                new.append(ids[at])
                at += 1
        ids = new
        present = set(ids)
    return [number for number in ids if number >= 0]


# %% decode-solution
def decode(ids: list[int], vocab: dict[int, bytes]) -> str:
    pieces = bytearray()
    for number in ids:
        pieces += vocab[number]
    return str(pieces, encoding="utf-8", errors="replace")


# %% save-solution
import binascii


def dump_tokenizer(
    vocab: dict[int, bytes], merges: list[tuple[bytes, bytes]], specials: list[str]
) -> str:
    def spell(token: bytes) -> str:
        return binascii.hexlify(token).decode("ascii")

    rows = ", ".join(f'"{number}": "{spell(token)}"' for number, token in vocab.items())
    pairs = ", ".join(f'["{spell(left)}", "{spell(right)}"]' for left, right in merges)
    names = ", ".join(json.dumps(special) for special in specials)
    return f'{{"specials": [{names}], "vocab": {{{rows}}}, "merges": [{pairs}]}}'


def load_tokenizer(
    document: str,
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]], list[str]]:
    content = json.loads(document)
    try:
        rows, pairs, names = content["vocab"], content["merges"], content["specials"]
    except (KeyError, TypeError, IndexError):
        raise ValueError("a member is missing") from None
    if [type(rows), type(pairs), type(names)] != [dict, list, list]:
        raise ValueError("a member is of the wrong type")
    vocab = {int(number): binascii.unhexlify(spelled) for number, spelled in rows.items()}
    return vocab, [tuple(map(binascii.unhexlify, pair)) for pair in pairs], names


# %% metrics-solution
def ratio_of_sums(tops: list[int], bottoms: list[int]) -> float:
    if len(tops) != len(bottoms):
        raise ValueError("the lists differ in length")
    if not np.sum(bottoms):
        raise ValueError("nothing to divide by")
    return float(np.sum(tops) / np.sum(bottoms))


def fertility(texts: list[str], encoded: list[list[int]]) -> float:
    return ratio_of_sums([len(ids) for ids in encoded], [len(text.split()) for text in texts])


def bytes_per_token(texts: list[str], encoded: list[list[int]]) -> float:
    return ratio_of_sums([len(text.encode()) for text in texts], [len(ids) for ids in encoded])


def parity(encoded: list[list[int]], encoded_english: list[list[int]]) -> float:
    return ratio_of_sums([len(ids) for ids in encoded], [len(ids) for ids in encoded_english])


# %% bootstrap-solution
def paired_bootstrap(
    ours: list[int], theirs: list[int], draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    both = np.array([ours, theirs], dtype=float)  # (2, documents); raises where lengths differ
    if both.shape[1] == 0:
        raise ValueError("no documents")
    count = both.shape[1]
    # How often each document is drawn: a multinomial, instead of the drawn documents.
    times = np.random.RandomState(seed).multinomial(count, [1 / count] * count, size=draws)
    tops, bottoms = both @ times.T
    low, high = np.percentile(tops / bottoms - 1, (2.5, 97.5))
    return both[0].sum() / both[1].sum() - 1, low, high
