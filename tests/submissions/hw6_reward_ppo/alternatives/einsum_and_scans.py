"""No loops over columns: one-hot sums, cumulative sums and products, a matrix of powers of λ."""
# ruff: noqa: F821  (cells of a notebook, which has the other names)


# %% mask-solution
def last_real(mask: Tensor) -> Tensor:
    if (mask.sum(dim=-1) == 0).any():
        raise ValueError("a row is all padding")
    # The last True is where the cumulative sum first reaches the number of real tokens.
    so_far = mask.long().cumsum(dim=-1)
    return (so_far < so_far[:, -1:]).sum(dim=-1)


def response_mask(ids: Tensor, starts: Tensor, eos_id: int, pad_id: int) -> Tensor:
    written = torch.arange(ids.size(1)).expand_as(ids).ge(starts.unsqueeze(1))
    eos = (ids.eq(eos_id) & written).long()
    pad = (ids.eq(pad_id) & written).long()
    # Ends that stand strictly before a column; the end itself is still in.
    through_eos = (eos.cumsum(1) - eos).eq(0)
    before_pad = pad.cumsum(1).eq(0)
    ended = eos.sum(1, keepdim=True).gt(0)
    return written & torch.where(ended, through_eos, before_pad)


# %% reward-solution
class RewardHead(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(in_features=width, out_features=1)

    def forward(self, hidden: Tensor, last: Tensor) -> Tensor:
        picks = F.one_hot(last, hidden.size(1)).to(hidden.dtype)
        state = torch.einsum("bt,btw->bw", picks, hidden)
        return torch.einsum("bw,ow->b", state, self.score.weight) + self.score.bias


def preference_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    pair = torch.stack([chosen, rejected], dim=-1)
    return (pair.logsumexp(dim=-1) - chosen).mean()


# %% kl-solution
def token_log_probs(logits: Tensor, ids: Tensor) -> Tensor:
    normal = torch.log_softmax(logits, -1).roll(1, dims=1)
    picks = F.one_hot(ids, logits.size(-1)).to(logits.dtype)
    result = torch.einsum("btv,btv->bt", normal, picks)
    return result * (torch.arange(ids.size(1)) > 0)


def sequence_kl(log_p: Tensor, ref_log_p: Tensor, mask: Tensor, kind: str = "k1") -> Tensor:
    difference = (log_p - ref_log_p).masked_fill(~mask, 0)
    estimators = {
        "k1": lambda x: x,
        "k2": lambda x: x.square().mul(0.5),
        "k3": lambda x: (-x).exp().sub(1).add(x),
    }
    if kind not in estimators:
        raise ValueError(kind)
    return estimators[kind](difference).sum(-1)


# %% gae-solution
def shaped_rewards(
    scores: Tensor, log_p: Tensor, ref_log_p: Tensor, mask: Tensor, beta: float
) -> Tensor:
    inside = mask.to(log_p.dtype)
    # 1 at the last real token: nothing real comes after it.
    after = inside.flip(1).cumsum(1).flip(1) - inside
    end = inside * (after == 0)
    return torch.addcmul(beta * (ref_log_p - log_p) * inside, scores.unsqueeze(-1), end)


def gae(
    rewards: Tensor, values: Tensor, done: Tensor, mask: Tensor, lam: float
) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        inside = mask.to(values.dtype)
        rewards, values = rewards * inside, values * inside
        following = F.pad(values[:, 1:], (0, 1)) * ~done
        surprise = (rewards + following - values) * inside
        # Which columns are of the same episode: as many ends stand before the one as the other.
        ends = (done & mask).long()
        episode = ends.cumsum(1) - ends
        gap = torch.arange(mask.size(1))[None, :] - torch.arange(mask.size(1))[:, None]
        powers = torch.where(gap >= 0, torch.as_tensor(lam).double() ** gap.clamp(min=0), 0.0)
        same = episode[:, :, None] == episode[:, None, :]
        advantages = torch.einsum("ij,bij,bj->bi", powers.to(values.dtype), same * 1.0, surprise)
        advantages = advantages * inside
        return advantages, advantages + values


# %% ppo-solution
def policy_loss(
    log_p: Tensor, old_log_p: Tensor, advantages: Tensor, mask: Tensor, clip: float
) -> Tensor:
    with torch.no_grad():
        weight = mask.to(log_p.dtype) / mask.sum()
        ratio = torch.exp(log_p - old_log_p)
        good = advantages > 0
        # Clipping binds where a good token is too likely already, or a bad one too rare.
        binds = torch.where(good, ratio > 1 + clip, ratio < 1 - clip)
        bound = torch.where(good, 1 + clip, 1 - clip).to(log_p.dtype)
        scale = -(weight * advantages)
    free = torch.exp(log_p - old_log_p.detach())
    return (scale * torch.where(binds, bound, free)).sum()


def value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float
) -> Tensor:
    old, target = old_values.detach(), returns.detach()
    near = torch.max(torch.min(values, old + clip), old - clip)
    squares = torch.stack([values - target, near - target]).square()
    return squares.amax(dim=0).masked_select(mask).mean().div(2)


# %% groups-solution
def group_advantages(scores: Tensor, group: Tensor, scale: bool) -> Tensor:
    _, place, sizes = group.unique(return_inverse=True, return_counts=True)
    member = F.one_hot(place, len(sizes)).to(scores.dtype)
    means = member.T @ scores / sizes
    centred = scores - means[place]
    # What is left of equal numbers after rounding is no difference.
    high = torch.where(member > 0, scores[:, None], -torch.inf).amax(0)
    low = torch.where(member > 0, scores[:, None], torch.inf).amin(0)
    tie = (high == low)[place]
    if scale:
        spread = (member.T @ centred.square() / sizes).sqrt()
        result = centred / spread[place]
    else:
        result = centred * (sizes / (sizes - 1)).to(scores.dtype)[place]
    return result.masked_fill(tie, 0)


def standardize(x: Tensor, mask: Tensor) -> Tensor:
    inside = x.masked_select(mask)
    if torch.equal(*inside.aminmax()):
        return torch.zeros_like(x)
    weight = mask.to(x.dtype) / mask.sum()
    centred = (x - (weight * x).sum()) * mask
    spread = (weight * centred.square()).sum().sqrt()
    return centred / (spread + 1e-8)


# %% step-prepare
def prepare(policy: LetterModel, rate: float) -> tuple[Agent, LetterModel, torch.optim.Optimizer]:
    def twin() -> LetterModel:
        state = {name: tensor.detach().clone() for name, tensor in policy.state_dict().items()}
        other = LetterModel(
            width=policy.width,
            layers=len(policy.layers),
            heads=policy.layers[0].heads,
            context=policy.context,
        )
        other.load_state_dict(state)
        return other

    reference = twin().eval()
    for parameter in reference.parameters():
        parameter.requires_grad = False
    agent = Agent(twin())
    everything = [*agent.policy.parameters(), *agent.value.parameters()]
    return agent, reference, torch.optim.AdamW(everything, lr=rate, weight_decay=0)


# %% step-solution
def ppo_step(
    agent: nn.Module,
    reference: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: Settings,
    pieces: Pieces,
) -> dict[str, float]:
    with torch.no_grad():
        now, before = agent(batch.ids)
        old = pieces.token_log_probs(logits=now, ids=batch.ids)
        ref = pieces.token_log_probs(logits=reference(batch.ids), ids=batch.ids)
        advantages, returns = pieces.gae(
            rewards=pieces.shaped_rewards(
                scores=batch.scores,
                log_p=old,
                ref_log_p=ref,
                mask=batch.mask,
                beta=settings.beta,
            ),
            values=before,
            done=batch.done,
            mask=batch.mask,
            lam=settings.lam,
        )
        advantages = pieces.standardize(x=advantages, mask=batch.mask)

    def objective() -> Tensor:
        now, values = agent(batch.ids)
        policy = pieces.policy_loss(
            log_p=pieces.token_log_probs(logits=now, ids=batch.ids),
            old_log_p=old,
            advantages=advantages,
            mask=batch.mask,
            clip=settings.clip,
        )
        critic = pieces.value_loss(
            values=values,
            old_values=before,
            returns=returns,
            mask=batch.mask,
            clip=settings.value_clip,
        )
        return policy + settings.value_weight * critic

    parameters = list(agent.parameters())
    for _ in range(settings.epochs):
        gradients = torch.autograd.grad(objective(), parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        nn.utils.clip_grad_norm_(parameters, settings.max_norm)
        optimizer.step()
    kl = pieces.sequence_kl(log_p=old, ref_log_p=ref, mask=batch.mask)
    return {"score": batch.scores.mean().item(), "kl": kl.mean().item()}


# %% experiment-solution
def run_ppo(arm: str, seed: int) -> dict[str, object]:
    torch.manual_seed(seed)
    agent, reference, optimizer = prepare(policy, RATE)
    curve = []
    for number in range(1000 * seed, 1000 * seed + ITERATIONS):
        if arm == "critic":
            prompts = draw_prompts(train_text, BATCH, longest=PROMPT, seed=number)
        else:
            few = draw_prompts(train_text, BATCH // GROUP, longest=PROMPT, seed=number)
            prompts = few[torch.arange(BATCH) // GROUP]
        ids = sample(agent.policy, prompts, LENGTH, seed=number)
        mask = response_mask(ids, torch.tensor([PROMPT] * BATCH), PAD_ID, PAD_ID)
        done = F.one_hot(last_real(mask), ids.size(1)).bool()
        texts = Batch(ids=ids, mask=mask, done=done, scores=reward_of(ids))
        curve.append(ppo_step(agent, reference, optimizer, texts, SETTINGS, PIECES[arm]))
    scores, kl = evaluate(agent.policy)
    gaps = torch.tensor(scores, dtype=torch.float64) - torch.tensor(start_scores)
    return {
        "curve": curve,
        "scores": scores,
        "kl": kl,
        "gain": (gaps.mean().item(), gaps.std().item() / 16),
        "weights": dict(agent.policy.state_dict()),
    }


results = {}
for arm in ARMS:
    for seed in SEEDS:
        results[arm, seed] = run_ppo(arm, seed)
