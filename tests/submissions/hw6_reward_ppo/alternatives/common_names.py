"""Helpers with names that anybody might choose, an optimizer of one's own, a look at each epoch."""
# ruff: noqa: E402, F821  (cells of a notebook, which has the other names)


# %% mask-solution
def rows(mask: Tensor) -> list[list[int]]:
    """The columns of the real tokens of each row."""
    return [row.nonzero().flatten().tolist() for row in mask]


def last_real(mask: Tensor) -> Tensor:
    real = rows(mask)
    if not all(real):
        raise ValueError("a row without a real token")
    return torch.tensor([columns[-1] for columns in real])


def end(ids: Tensor, start: int, token: int) -> int:
    """The first column from ``start`` on that holds ``token``, or the number of columns."""
    found = [t for t in range(start, len(ids)) if ids[t] == token]
    return found[0] if found else len(ids)


def response_mask(ids: Tensor, starts: Tensor, eos_id: int, pad_id: int) -> Tensor:
    mask = torch.zeros_like(ids, dtype=torch.bool)
    for row, start in enumerate(starts.tolist()):
        stop = end(ids[row], start, eos_id) + 1
        if stop > ids.shape[1]:
            stop = end(ids[row], start, pad_id)
        mask[row, start:stop] = True
    return mask


# %% reward-solution
def right(gap: Tensor) -> Tensor:
    """How likely the chosen text is to win."""
    return F.logsigmoid(gap)


def chosen(hidden: Tensor, last: Tensor) -> Tensor:
    """The state of each row's column."""
    return torch.stack([row[column] for row, column in zip(hidden, last, strict=True)])


class RewardHead(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(self, hidden: Tensor, last: Tensor) -> Tensor:
        return self.score(chosen(hidden, last)).flatten()


def losses(better: Tensor, worse: Tensor) -> Tensor:
    return -right(better - worse)


def preference_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    return losses(chosen, rejected).mean()


# %% kl-solution
def rejected(kind: str) -> ValueError:
    return ValueError(f"no estimator is called {kind!r}")


def token_log_probs(logits: Tensor, ids: Tensor) -> Tensor:
    log_p = logits.log_softmax(-1).roll(1, dims=1)
    picked = log_p.gather(-1, ids.unsqueeze(-1)).squeeze(-1)
    return picked.masked_fill(torch.arange(ids.shape[1]) == 0, 0.0)


def look(ratio: Tensor, kind: str) -> Tensor:
    if kind == "k1":
        return ratio
    if kind == "k2":
        return 0.5 * ratio.square()
    if kind == "k3":
        return torch.special.expm1(-ratio) + ratio
    raise rejected(kind)


def sequence_kl(log_p: Tensor, ref_log_p: Tensor, mask: Tensor, kind: str = "k1") -> Tensor:
    return look((log_p - ref_log_p).masked_fill(~mask, 0.0), kind).sum(1)


# %% groups-solution
def mean(x: Tensor, mask: Tensor) -> Tensor:
    """The mean over the tokens of the mask."""
    return x[mask].mean()


def spread(x: Tensor, mask: Tensor) -> Tensor:
    """The population's standard deviation over the tokens of the mask."""
    return mean((x - mean(x, mask)) ** 2, mask).sqrt()


def standardize(x: Tensor, mask: Tensor) -> Tensor:
    if (x[mask] == x[mask][0]).all():
        return torch.zeros_like(x)
    return torch.where(mask, (x - mean(x, mask)) / spread(x, mask), 0.0)


def group_advantages(scores: Tensor, group: Tensor, scale: bool) -> Tensor:
    result = torch.zeros_like(scores)
    for i, label in enumerate(group):
        own = group == label
        others = own.clone()
        others[i] = False
        if scale:
            result[i] = standardize(scores[None], own[None])[0, i]
        else:
            result[i] = scores[i] - mean(scores, others)
    return result


# %% step-prepare
class PlainAdamW(torch.optim.AdamW):
    """AdamW without weight decay."""

    def __init__(self, parameters: list[nn.Parameter], rate: float) -> None:
        super().__init__(parameters, lr=rate, weight_decay=0.0)


def generator(model: nn.Module) -> list[nn.Parameter]:
    return list(model.parameters())


def prepare(policy: LetterModel, rate: float) -> tuple[Agent, LetterModel, torch.optim.Optimizer]:
    agent, reference = Agent(copy.deepcopy(policy)), copy.deepcopy(policy)
    agent.train().requires_grad_()
    reference.eval().requires_grad_(False)
    return agent, reference, PlainAdamW(generator(agent), rate)


# %% step-solution
def line(now: Tensor, before: Tensor) -> float:
    """How far the epochs have come, to be printed while one looks for a mistake."""
    return float((now.detach() - before).abs().mean())


def ppo_step(
    agent: nn.Module,
    reference: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: Settings,
    pieces: Pieces,
) -> dict[str, float]:
    with torch.no_grad():
        logits, old_values = agent(batch.ids)
        old_log_p = pieces.token_log_probs(logits, batch.ids)
        ref_log_p = pieces.token_log_probs(reference(batch.ids), batch.ids)
        rewards = pieces.shaped_rewards(
            batch.scores, old_log_p, ref_log_p, batch.mask, settings.beta
        )
        raw, returns = pieces.gae(rewards, old_values, batch.done, batch.mask, settings.lam)
        advantages = pieces.standardize(raw, batch.mask)
        kl = pieces.sequence_kl(old_log_p, ref_log_p, batch.mask)
    moved = []
    for _ in range(settings.epochs):
        logits, values = agent(batch.ids)
        log_p = pieces.token_log_probs(logits, batch.ids)
        moved.append((line(values, old_values), line(log_p, old_log_p)))
        loss = pieces.policy_loss(log_p, old_log_p, advantages, batch.mask, settings.clip)
        error = pieces.value_loss(values, old_values, returns, batch.mask, settings.value_clip)
        agent.zero_grad()
        (loss + settings.value_weight * error).backward()
        nn.utils.clip_grad_norm_(agent.parameters(), settings.max_norm)
        optimizer.step()
    return {"score": float(batch.scores.mean()), "kl": float(kl.mean())}


# %% experiment-solution
from statistics import fmean, stdev


def error(gaps: list[float]) -> float:
    """The standard error of the mean."""
    return stdev(gaps) / len(gaps) ** 0.5


def half(arm: str, number: int) -> Tensor:
    """The prompts of one iteration."""
    copies = {"critic": 1, "groups": GROUP}[arm]
    few = draw_prompts(train_text, BATCH // copies, longest=PROMPT, seed=number)
    return few.repeat_interleave(copies, dim=0)


def what(ids: Tensor) -> Batch:
    """The texts of one iteration with their scores."""
    mask = response_mask(ids, torch.full((len(ids),), PROMPT), PAD_ID, PAD_ID)
    following = F.pad(mask[:, 1:], (0, 1))
    return Batch(ids, mask, mask & ~following, reward_of(ids))


def run_ppo(arm: str, seed: int) -> dict[str, object]:
    torch.manual_seed(seed)
    agent, reference, optimizer = prepare(policy, RATE)
    curve = []
    for i in range(ITERATIONS):
        number = 1000 * seed + i
        texts = what(sample(agent.policy, half(arm, number), LENGTH, seed=number))
        curve.append(ppo_step(agent, reference, optimizer, texts, SETTINGS, PIECES[arm]))
    scores, kl = evaluate(agent.policy)
    gaps = [after - before for after, before in zip(scores, start_scores, strict=True)]
    return {
        "curve": curve,
        "scores": scores,
        "kl": kl,
        "gain": (fmean(gaps), error(gaps)),
        "weights": dict(agent.policy.state_dict()),
    }


results = {(arm, seed): run_ppo(arm, seed) for arm in ARMS for seed in SEEDS}
