"""No loop over tokens: cumulative sums, one-hot products, einsum, masks of pairs of columns."""
# ruff: noqa: F821  (cells of a notebook, which has the other names)


# %% mask-solution
def last_real(mask: Tensor) -> Tensor:
    order = mask.long().cumsum(dim=1) * mask  # 1, 2, 3 ... at real tokens
    best, column = order.max(dim=1)
    if (best == 0).any():
        raise ValueError("a row without a real token")
    return column


def response_mask(ids: Tensor, starts: Tensor, eos_id: int, pad_id: int) -> Tensor:
    behind = torch.arange(ids.shape[1])[None, :] >= starts[:, None]
    ends, pads = behind & ids.eq(eos_id), behind & ids.eq(pad_id)
    ends_before = ends.long().cumsum(1) - ends.long()
    to_end = behind & (ends_before == 0)
    to_pad = behind & (pads.long().cumsum(1) == 0)
    return torch.where(ends.any(1, keepdim=True), to_end, to_pad)


# %% reward-solution
class RewardHead(nn.Module):
    """One number for each text."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(self, hidden: Tensor, last: Tensor) -> Tensor:
        pick = F.one_hot(last, hidden.shape[1]).to(hidden)
        return torch.einsum("btw,bt,w->b", hidden, pick, self.score.weight[0]) + self.score.bias


def preference_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    return torch.logaddexp(torch.zeros_like(chosen), rejected - chosen).mean()


# %% kl-solution
def token_log_probs(logits: Tensor, ids: Tensor) -> Tensor:
    later = F.one_hot(ids[:, 1:], logits.shape[-1]).to(logits)
    log_p = torch.einsum("btv,btv->bt", logits[:, :-1].log_softmax(-1), later)
    return F.pad(log_p, (1, 0))


ESTIMATORS = {
    "k1": lambda x: x,
    "k2": lambda x: x.square().div(2),
    "k3": lambda x: torch.exp(-x) - 1 + x,
}


def sequence_kl(log_p: Tensor, ref_log_p: Tensor, mask: Tensor, kind: str = "k1") -> Tensor:
    try:
        estimator = ESTIMATORS[kind]
    except KeyError:
        raise ValueError(f"no estimator {kind!r}") from None
    return estimator(torch.where(mask, log_p - ref_log_p, 0.0)).sum(dim=-1)


# %% gae-solution
def shaped_rewards(
    scores: Tensor, log_p: Tensor, ref_log_p: Tensor, mask: Tensor, beta: float
) -> Tensor:
    at_last = F.one_hot(last_real(mask), mask.shape[1]).bool()
    costs = torch.where(mask, beta * (log_p - ref_log_p), 0.0)
    return torch.where(at_last, scores[:, None], 0.0) - costs


def gae(
    rewards: Tensor, values: Tensor, done: Tensor, mask: Tensor, lam: float
) -> tuple[Tensor, Tensor]:
    rewards, values = rewards.detach(), torch.where(mask, values.detach(), 0.0)
    after = F.pad(values[:, 1:], (0, 1)).masked_fill(done, 0.0)
    surprise = torch.where(mask, rewards + after - values, 0.0)
    # weight[b, t, s]: how much the surprise at s counts at t; 0 where a done lies between.
    time = mask.shape[1]
    apart = torch.arange(time)[None, :] - torch.arange(time)[:, None]
    powers = torch.where(apart >= 0, lam ** apart.clamp(min=0).to(values), 0.0)
    episode = F.pad(done.long().cumsum(1), (1, 0))[:, :-1]
    weight = powers * (episode[:, :, None] == episode[:, None, :])
    advantages = torch.einsum("bts,bs->bt", weight, surprise) * mask
    return advantages, advantages + values


# %% ppo-solution
def policy_loss(
    log_p: Tensor, old_log_p: Tensor, advantages: Tensor, mask: Tensor, clip: float
) -> Tensor:
    now, old, gain = log_p[mask], old_log_p[mask].detach(), advantages[mask].detach()
    ratio = torch.exp(now - old)
    # A good token counts up to 1 + clip, a bad one from 1 - clip on.
    counted = torch.where(gain > 0, ratio.clamp(max=1 + clip), ratio.clamp(min=1 - clip))
    return -torch.dot(counted, gain) / mask.sum()


def value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float
) -> Tensor:
    old_values, returns = old_values.detach(), returns.detach()
    moved = (values - old_values).clamp(-clip, clip)
    errors = torch.stack([values - returns, old_values + moved - returns])
    larger = errors.abs().amax(dim=0)
    return 0.5 * larger[mask].pow(2).mean()


# %% groups-solution
def group_advantages(scores: Tensor, group: Tensor, scale: bool) -> Tensor:
    exact = scores.double()
    same = group[:, None] == group[None, :]
    sizes = same.sum(1)
    apart = torch.where(same, exact[:, None] - exact[None, :], 0.0)  # exactly 0 between equals
    above = apart.sum(1)
    if not scale:
        return (above / (sizes - 1)).to(scores.dtype)
    # Half the mean squared difference of all pairs is the population's variance.
    variance = torch.einsum("ij,jk,ik->i", same.double(), apart**2, same.double()) / (2 * sizes**2)
    unequal = variance > 0
    deviation = torch.where(unequal, variance, 1.0).sqrt()
    return (above / sizes / deviation).to(scores.dtype)


def standardize(x: Tensor, mask: Tensor) -> Tensor:
    first = x[mask][0]
    shifted = torch.where(mask, x - first, 0.0).double()  # exactly 0 where all are equal
    count = mask.sum()
    mean = shifted.sum() / count
    variance = (torch.where(mask, shifted - mean, 0.0) ** 2).sum() / count
    if variance == 0:
        return torch.zeros_like(x)
    return torch.where(mask, (shifted - mean) / variance.sqrt(), 0.0).to(x.dtype)


# %% step-prepare
def twin(model: LetterModel, trains: bool) -> LetterModel:
    """A new model with the same sizes and the same numbers."""
    heads = model.layers[0].heads
    new = LetterModel(
        width=model.width, layers=len(model.layers), heads=heads, context=model.context
    )
    new.load_state_dict(model.state_dict())
    return new.requires_grad_(trains).train(trains)


def prepare(policy: LetterModel, rate: float) -> tuple[Agent, LetterModel, torch.optim.Optimizer]:
    agent = Agent(twin(policy, True))
    optimizer = torch.optim.AdamW(agent.parameters(), lr=rate, weight_decay=0.0)
    return agent, twin(policy, False), optimizer


# %% step-solution
class Known:
    """What was known of the texts when they were written."""

    def __init__(self, agent, reference, batch, settings, pieces):
        with torch.no_grad():
            logits, self.values = agent(batch.ids)
            self.log_p = pieces.token_log_probs(logits=logits, ids=batch.ids)
            self.ref_log_p = pieces.token_log_probs(logits=reference(batch.ids), ids=batch.ids)
            rewards = pieces.shaped_rewards(
                scores=batch.scores,
                log_p=self.log_p,
                ref_log_p=self.ref_log_p,
                mask=batch.mask,
                beta=settings.beta,
            )
            raw, self.returns = pieces.gae(
                rewards=rewards,
                values=self.values,
                done=batch.done,
                mask=batch.mask,
                lam=settings.lam,
            )
            self.advantages = pieces.standardize(x=raw, mask=batch.mask)
            self.kl = pieces.sequence_kl(
                log_p=self.log_p, ref_log_p=self.ref_log_p, mask=batch.mask, kind="k1"
            )


def ppo_step(
    agent: nn.Module,
    reference: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: Settings,
    pieces: Pieces,
) -> dict[str, float]:
    known = Known(agent, reference, batch, settings, pieces)

    def compute_gradients() -> Tensor:
        logits, values = agent(batch.ids)
        policy_part = pieces.policy_loss(
            log_p=pieces.token_log_probs(logits=logits, ids=batch.ids),
            old_log_p=known.log_p,
            advantages=known.advantages,
            mask=batch.mask,
            clip=settings.clip,
        )
        value_part = pieces.value_loss(
            values=values,
            old_values=known.values,
            returns=known.returns,
            mask=batch.mask,
            clip=settings.value_clip,
        )
        loss = policy_part + settings.value_weight * value_part
        parameters = [p for p in agent.parameters() if p.requires_grad]
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        norm = sum((g**2).sum() for g in gradients if g is not None) ** 0.5
        shrink = min(1.0, settings.max_norm / (float(norm) + 1e-6))
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = None if gradient is None else gradient * shrink
        return loss

    for _ in range(settings.epochs):
        compute_gradients()
        optimizer.step()
    return {"score": float(batch.scores.mean()), "kl": float(known.kl.mean())}


# %% experiment-solution
def run_ppo(arm: str, seed: int) -> dict[str, object]:
    torch.manual_seed(seed)
    agent, reference, optimizer = prepare(policy, RATE)
    copies = {"critic": 1, "groups": GROUP}[arm]

    def iterate(i: int) -> dict[str, float]:
        place = 1000 * seed + i
        prompts = draw_prompts(train_text, BATCH // copies, longest=PROMPT, seed=place)
        prompts = prompts.repeat_interleave(copies, dim=0)
        ids = sample(agent.policy, prompts, LENGTH, seed=place)
        mask = response_mask(ids, torch.full((BATCH,), PROMPT), eos_id=PAD_ID, pad_id=PAD_ID)
        done = F.one_hot(last_real(mask), ids.shape[1]).bool()
        batch = Batch(ids=ids, mask=mask, done=done, scores=reward_of(ids))
        return ppo_step(agent, reference, optimizer, batch, SETTINGS, PIECES[arm])

    curve = [iterate(i) for i in range(ITERATIONS)]
    scores, kl = evaluate(agent.policy)
    gap = np.subtract(scores, start_scores)
    gain = (float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(gap.size)))
    weights = dict(agent.policy.state_dict())
    return {"curve": curve, "scores": scores, "kl": kl, "gain": gain, "weights": weights}


results = {(arm, seed): run_ppo(arm, seed) for arm in ARMS for seed in SEEDS}
