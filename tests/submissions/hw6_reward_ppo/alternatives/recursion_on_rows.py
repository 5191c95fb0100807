"""Row by row: lists, recursion, small helper classes; torch.stack at the end; gradients kept."""
# ruff: noqa: E402, F821  (cells of a notebook, which has the other names)

# %% mask-solution
from itertools import dropwhile


def last_real(mask: Tensor) -> Tensor:
    found = []
    for row in mask:
        where = row.nonzero()
        if where.numel() == 0:
            raise ValueError("a row has no real token")
        found.append(where[-1, 0])
    return torch.stack(found)


def marks(tokens: list[int], start: int, eos_id: int, pad_id: int) -> list[bool]:
    out = [False] * start
    state = "in"
    for token in tokens[start:]:
        if state == "in" and token == eos_id:
            out.append(True)
            state = "out"
        elif state == "in" and token == pad_id:
            out.append(False)
            state = "out"
        else:
            out.append(state == "in")
    return out


def response_mask(ids: Tensor, starts: Tensor, eos_id: int, pad_id: int) -> Tensor:
    return torch.tensor(
        [marks(r, s, eos_id, pad_id) for r, s in zip(ids.tolist(), starts.tolist(), strict=True)]
    )


# %% reward-solution
class RewardHead(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.add_module("score", nn.Linear(width, 1))

    def forward(self, hidden: Tensor, last: Tensor) -> Tensor:
        return torch.cat([self.score(h[int(i)]) for h, i in zip(hidden, last, strict=True)])


def preference_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    gaps = chosen - rejected
    losses = [torch.log1p(torch.exp(-g.abs())) - g.clamp(max=0) for g in gaps]
    return sum(losses) / len(losses)


# %% kl-solution
def token_log_probs(logits: Tensor, ids: Tensor) -> Tensor:
    rows = []
    for scores, tokens in zip(logits, ids, strict=True):
        row = [scores.new_zeros(())]
        for t in range(1, len(tokens)):
            before = scores[t - 1]
            row.append(before[tokens[t]] - before.logsumexp(0))
        rows.append(torch.stack(row))
    return torch.stack(rows)


def sequence_kl(log_p: Tensor, ref_log_p: Tensor, mask: Tensor, kind: str = "k1") -> Tensor:
    kinds = {
        "k1": lambda x: x,
        "k2": lambda x: x**2 / 2,
        "k3": lambda x: torch.exp(-x) - 1 + x,
    }
    if kind not in kinds:
        raise ValueError(f"{kind} is not one of {sorted(kinds)}")
    pairs = zip(log_p, ref_log_p, mask, strict=True)
    return torch.stack([kinds[kind](p[m] - q[m]).sum() for p, q, m in pairs])


# %% gae-solution
def shaped_rewards(
    scores: Tensor, log_p: Tensor, ref_log_p: Tensor, mask: Tensor, beta: float
) -> Tensor:
    rewards = (log_p - ref_log_p).mul(-beta).masked_fill(~mask, 0.0)
    for row, (m, score) in enumerate(zip(mask, scores, strict=True)):
        rewards[row, int(m.nonzero().max())] += score
    return rewards


def gae(
    rewards: Tensor, values: Tensor, done: Tensor, mask: Tensor, lam: float
) -> tuple[Tensor, Tensor]:
    rewards, values = rewards.detach(), values.detach()

    def backwards(row: int, t: int) -> list[float]:
        """Advantages of the columns from t on."""
        if t == mask.shape[1]:
            return []
        rest = backwards(row, t + 1)
        if not mask[row, t]:
            return [0.0, *rest]
        delta = float(rewards[row, t]) - float(values[row, t])
        if done[row, t]:
            return [delta, *rest]
        return [delta + float(values[row, t + 1]) + lam * rest[0], *rest]

    rows = [backwards(row, 0) for row in range(len(mask))]
    advantages = torch.tensor(rows, dtype=rewards.dtype)
    return advantages, (advantages + values).where(mask, 0.0)


# %% ppo-solution
class Tokens:
    """Numbers at the tokens of the mask."""

    def __init__(self, mask: Tensor) -> None:
        self.places = mask.nonzero().tolist()

    def of(self, x: Tensor) -> list[Tensor]:
        return [x[b, t] for b, t in self.places]

    def mean(self, losses: list[Tensor]) -> Tensor:
        return torch.stack(losses).sum() / len(self.places)


def policy_loss(
    log_p: Tensor, old_log_p: Tensor, advantages: Tensor, mask: Tensor, clip: float
) -> Tensor:
    tokens = Tokens(mask)
    losses = []
    for new, old, a in zip(
        tokens.of(log_p), tokens.of(old_log_p.detach()), tokens.of(advantages.detach()), strict=True
    ):
        ratio = (new - old).exp()
        inside = ratio.clip(1 - clip, 1 + clip)
        losses.append(-min(ratio * a, inside * a))
    return tokens.mean(losses)


def value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float
) -> Tensor:
    tokens = Tokens(mask)
    losses = []
    for v, old, r in zip(
        tokens.of(values), tokens.of(old_values.detach()), tokens.of(returns.detach()), strict=True
    ):
        w = v.clip(old - clip, old + clip)
        losses.append(max((v - r) ** 2, (w - r) ** 2) / 2)
    return tokens.mean(losses)


# %% groups-solution
from collections import defaultdict
from fractions import Fraction


def group_advantages(scores: Tensor, group: Tensor, scale: bool) -> Tensor:
    members = defaultdict(list)
    for i, label in enumerate(group.tolist()):
        members[label].append(i)
    exact = [Fraction(s) for s in scores.tolist()]
    out = [0.0] * len(exact)
    for own in members.values():
        n, total = len(own), sum(exact[i] for i in own)
        variance = sum((exact[i] - total / n) ** 2 for i in own) / n
        for i in own:
            if not scale:
                out[i] = float(exact[i] - (total - exact[i]) / (n - 1))
            elif variance:
                out[i] = float(exact[i] - total / n) / float(variance) ** 0.5
    return torch.tensor(out, dtype=scores.dtype)


def standardize(x: Tensor, mask: Tensor) -> Tensor:
    n = int(mask.sum())
    weights = mask / n
    mean = (x * weights).sum()
    centred = (x - mean) * mask
    spread = (centred**2 * weights).sum().sqrt()
    if x[mask].max() == x[mask].min():
        return centred * 0
    return centred / (spread + 1e-8)


# %% step-prepare
import pickle


class Known:
    """Phase 1."""

    def __init__(self, agent, reference, batch, settings, pieces):
        logits, values = agent(batch.ids)
        self.values = values.detach()
        self.log_p = pieces.token_log_probs(logits.detach(), batch.ids).detach()
        self.ref = pieces.token_log_probs(reference(batch.ids).detach(), batch.ids).detach()
        rewards = pieces.shaped_rewards(
            batch.scores, self.log_p, self.ref, batch.mask, settings.beta
        ).detach()
        advantages, returns = pieces.gae(rewards, self.values, batch.done, batch.mask, settings.lam)
        self.returns = returns.detach()
        self.advantages = pieces.standardize(advantages.detach(), batch.mask).detach()
        self.kl = pieces.sequence_kl(self.log_p, self.ref, batch.mask, "k1").detach()


def prepare(policy: LetterModel, rate: float) -> tuple[Agent, LetterModel, torch.optim.Optimizer]:
    one, other = (pickle.loads(pickle.dumps(policy)) for _ in range(2))
    agent = Agent(one.requires_grad_())
    return (
        agent,
        other.requires_grad_(False).eval(),
        torch.optim.AdamW(agent.parameters(), lr=rate, weight_decay=0.0, fused=True),
    )


# %% step-solution
def ppo_step(
    agent: nn.Module,
    reference: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: Settings,
    pieces: Pieces,
) -> dict[str, float]:
    known = Known(agent, reference, batch, settings, pieces)
    agent.zero_grad()
    for _ in range(settings.epochs):
        logits, values = agent(batch.ids)
        log_p = pieces.token_log_probs(logits, batch.ids)
        # The two losses are differentiated one after the other; gradients add up.
        first = pieces.policy_loss(log_p, known.log_p, known.advantages, batch.mask, settings.clip)
        second = pieces.value_loss(
            values, known.values, known.returns, batch.mask, settings.value_clip
        )
        first.backward(retain_graph=True)
        (settings.value_weight * second).backward()
        torch.nn.utils.clip_grad_norm_(list(agent.parameters()), settings.max_norm)
        optimizer.step()
        optimizer.zero_grad()
    return {"score": float(batch.scores.mean()), "kl": float(known.kl.mean())}
