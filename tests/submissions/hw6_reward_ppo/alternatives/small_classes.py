"""Classes and recursion: a Text per row, distributions of torch, an accumulating scan."""
# ruff: noqa: F821  (cells of a notebook, which has the other names)

# %% mask-solution
from itertools import accumulate, takewhile


class Text:
    """One row: which of its tokens the policy wrote."""

    def __init__(self, ids: list[int], start: int, eos_id: int, pad_id: int) -> None:
        self.ids, self.start = ids, start
        response = ids[start:]
        self.mark = eos_id if eos_id in response else pad_id
        before = list(takewhile(lambda token: token != self.mark, response))
        self.length = len(before) + (self.mark == eos_id and eos_id in response)

    def mask(self) -> list[bool]:
        after = len(self.ids) - self.start - self.length
        return [False] * self.start + [True] * self.length + [False] * after


def last_real(mask: Tensor) -> Tensor:
    rows, columns = mask.nonzero(as_tuple=True)
    if set(rows.tolist()) != set(range(len(mask))):
        raise ValueError("a row without real tokens")
    last = torch.full((len(mask),), -1, dtype=torch.int64)
    return last.scatter_reduce(0, rows, columns, "amax")


def response_mask(ids: Tensor, starts: Tensor, eos_id: int, pad_id: int) -> Tensor:
    texts = [
        Text(row, start, eos_id, pad_id)
        for row, start in zip(ids.tolist(), starts.tolist(), strict=True)
    ]
    return torch.tensor([text.mask() for text in texts], dtype=torch.bool)


# %% reward-solution
class RewardHead(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.add_module("score", nn.Linear(width, 1))

    def forward(self, hidden: Tensor, last: Tensor) -> Tensor:
        index = last.view(-1, 1, 1).expand(-1, 1, hidden.shape[2])
        return self.score(hidden.gather(1, index)).flatten()


class BradleyTerry(nn.Module):
    def forward(self, gap: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(gap, torch.ones_like(gap))


preference = BradleyTerry()


def preference_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    return preference(chosen - rejected)


# %% kl-solution
def token_log_probs(logits: Tensor, ids: Tensor) -> Tensor:
    result = logits.new_zeros(ids.shape)
    if ids.shape[1] > 1:
        following = torch.distributions.Categorical(logits=logits[:, :-1])
        result = torch.cat([result[:, :1], following.log_prob(ids[:, 1:])], dim=1)
    return result


class Estimator:
    def __init__(self, kind: str) -> None:
        self.token = getattr(self, kind, None) if kind in ("k1", "k2", "k3") else None
        if self.token is None:
            raise ValueError(f"no estimator {kind}")

    @staticmethod
    def k1(ratio: Tensor) -> Tensor:
        return ratio

    @staticmethod
    def k2(ratio: Tensor) -> Tensor:
        return ratio.pow(2) / 2

    @staticmethod
    def k3(ratio: Tensor) -> Tensor:
        return ratio + torch.special.expm1(-ratio)


def sequence_kl(log_p: Tensor, ref_log_p: Tensor, mask: Tensor, kind: str = "k1") -> Tensor:
    each = Estimator(kind).token(log_p - ref_log_p)
    return torch.einsum("bt,bt->b", each, mask.to(each.dtype))


# %% gae-solution
def shaped_rewards(
    scores: Tensor, log_p: Tensor, ref_log_p: Tensor, mask: Tensor, beta: float
) -> Tensor:
    real = mask.nonzero()
    rewards = torch.zeros_like(log_p)
    rewards[mask] = beta * (ref_log_p[mask] - log_p[mask])
    # nonzero() goes row by row, so a row's last entry is the one that is kept.
    last = dict(real.tolist())
    rows = torch.tensor(list(last))
    return rewards.index_put((rows, torch.tensor(list(last.values()))), scores[rows], True)


class Scan:
    """The state of the recursion from the last token to the first."""

    def __init__(self, lam: float) -> None:
        self.lam = lam

    def __call__(self, state: tuple[float, float], token: tuple) -> tuple[float, float]:
        advantage, following = state
        reward, value, done, real = token
        if not real:
            return 0.0, 0.0
        if done:
            advantage, following = 0.0, 0.0
        return reward + following - value + self.lam * advantage, value


def gae(
    rewards: Tensor, values: Tensor, done: Tensor, mask: Tensor, lam: float
) -> tuple[Tensor, Tensor]:
    result = []
    for row in zip(*(x.tolist() for x in (rewards, values, done, mask)), strict=True):
        tokens = list(zip(*row, strict=True))[::-1]
        states = list(accumulate(tokens, Scan(lam), initial=(0.0, 0.0)))[1:]
        result.append([advantage for advantage, _ in states][::-1])
    advantages = torch.tensor(result, dtype=values.dtype)
    return advantages, (advantages + values.detach()).masked_fill(~mask, 0.0)


# %% ppo-solution
class Clipped:
    """Both losses over one mask, as a weighted sum."""

    def __init__(self, mask: Tensor, clip: float) -> None:
        self.mask, self.clip = mask, clip

    def mean(self, losses: Tensor) -> Tensor:
        return losses.masked_fill(~self.mask, 0.0).sum() / self.mask.count_nonzero()

    def policy(self, log_ratio: Tensor, advantages: Tensor) -> Tensor:
        ratio = torch.special.expm1(log_ratio)
        near = torch.clip(ratio, -self.clip, self.clip)
        return self.mean(torch.maximum(-(1 + ratio) * advantages, -(1 + near) * advantages))

    def critic(self, values: Tensor, old: Tensor, returns: Tensor) -> Tensor:
        moved = torch.clip(values - old, -self.clip, self.clip)
        losses = [F.mse_loss(v, returns, reduction="none") for v in (values, old + moved)]
        return self.mean(torch.fmax(*losses)) / 2


def policy_loss(
    log_p: Tensor, old_log_p: Tensor, advantages: Tensor, mask: Tensor, clip: float
) -> Tensor:
    log_ratio = (log_p - old_log_p.data).masked_fill(~mask, 0.0)
    return Clipped(mask, clip).policy(log_ratio, advantages.data)


def value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float
) -> Tensor:
    return Clipped(mask, clip).critic(values, old_values.data, returns.data)


# %% groups-solution
class Group:
    def __init__(self, scores: Tensor) -> None:
        self.scores = scores
        self.tied = bool((scores == scores[0]).all())

    def advantages(self, scale: bool) -> Tensor:
        if self.tied:
            return torch.zeros_like(self.scores)
        if scale:
            return Group.standard(self.scores)
        number = len(self.scores)
        # Row i of the matrix is the response minus the mean of the others.
        weights = torch.full((number, number), -1 / (number - 1), dtype=self.scores.dtype)
        return weights.fill_diagonal_(1.0) @ self.scores

    @staticmethod
    def standard(x: Tensor) -> Tensor:
        spread, mean = torch.std_mean(x, correction=0)
        return (x - mean) / spread


def group_advantages(scores: Tensor, group: Tensor, scale: bool) -> Tensor:
    order = torch.argsort(group, stable=True)
    _, sizes = torch.unique_consecutive(group[order], return_counts=True)
    parts = [Group(part).advantages(scale) for part in scores[order].split(sizes.tolist())]
    return torch.cat(parts)[torch.argsort(order)]


def standardize(x: Tensor, mask: Tensor) -> Tensor:
    inside = torch.masked_select(x, mask)
    if Group(inside).tied:
        return torch.zeros_like(x)
    return torch.zeros_like(x).masked_scatter(mask, Group.standard(inside))


# %% step-prepare
def prepare(policy: LetterModel, rate: float) -> tuple[Agent, LetterModel, torch.optim.Optimizer]:
    # A frozen policy would give an agent that cannot learn.
    agent = Agent(copy.deepcopy(policy))
    for module in agent.modules():
        module.requires_grad_()
    reference = copy.deepcopy(policy)
    reference.requires_grad_(False)
    reference.train(False)
    options = {"lr": rate, "weight_decay": 0}
    return agent, reference, torch.optim.AdamW(dict(agent.named_parameters()).values(), **options)


# %% step-solution
class Iteration:
    """The texts of an iteration, with what was known when they were written."""

    def __init__(self, agent, reference, batch, settings, pieces) -> None:
        self.agent, self.batch, self.settings, self.pieces = agent, batch, settings, pieces
        with torch.no_grad():
            self.log_p, self.values = self.run()
            self.ref = pieces.token_log_probs(reference(batch.ids), batch.ids)
            rewards = pieces.shaped_rewards(
                batch.scores, self.log_p, self.ref, batch.mask, beta=settings.beta
            )
            raw, self.returns = pieces.gae(
                rewards, self.values, batch.done, batch.mask, lam=settings.lam
            )
            self.advantages = pieces.standardize(raw, batch.mask)

    def run(self) -> tuple[Tensor, Tensor]:
        logits, values = self.agent(self.batch.ids)
        return self.pieces.token_log_probs(logits, self.batch.ids), values

    def loss(self) -> Tensor:
        log_p, values = self.run()
        mask, settings = self.batch.mask, self.settings
        policy = self.pieces.policy_loss(log_p, self.log_p, self.advantages, mask, settings.clip)
        critic = self.pieces.value_loss(
            values, self.values, self.returns, mask, settings.value_clip
        )
        return torch.add(policy, critic, alpha=settings.value_weight)

    def kl(self) -> float:
        return self.pieces.sequence_kl(self.log_p, self.ref, self.batch.mask).mean().item()


def ppo_step(
    agent: nn.Module,
    reference: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: Settings,
    pieces: Pieces,
) -> dict[str, float]:
    iteration = Iteration(agent, reference, batch, settings, pieces)

    def closure() -> Tensor:
        optimizer.zero_grad(set_to_none=False)
        loss = iteration.loss()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(agent.parameters()), max_norm=settings.max_norm)
        return loss

    for _ in range(settings.epochs):
        optimizer.step(closure)
    return {"score": batch.scores.mean().item(), "kl": iteration.kl()}
