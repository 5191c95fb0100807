"""numpy wherever no gradient is asked for, and hand-written autograd functions where one is."""
# ruff: noqa: F821  (cells of a notebook, which has the other names)


# %% mask-solution
def last_real(mask: Tensor) -> Tensor:
    m = mask.numpy()
    if (m.sum(axis=1) == 0).any():
        raise ValueError("no real token in a row")
    return torch.from_numpy(m.shape[1] - 1 - m[:, ::-1].argmax(axis=1))


def response_mask(ids: Tensor, starts: Tensor, eos_id: int, pad_id: int) -> Tensor:
    out = np.zeros(tuple(ids.shape), dtype=bool)
    for row, (tokens, start) in enumerate(zip(ids.tolist(), starts.tolist(), strict=True)):
        rest = tokens[start:]
        if eos_id in rest:
            n = rest.index(eos_id) + 1
        elif pad_id in rest:
            n = rest.index(pad_id)
        else:
            n = len(rest)
        out[row, start : start + n] = True
    return torch.from_numpy(out)


# %% reward-solution
class BradleyTerry(torch.autograd.Function):
    @staticmethod
    def forward(ctx, chosen, rejected):
        gap = chosen - rejected
        ctx.save_for_backward(gap)
        return torch.logaddexp(torch.zeros_like(gap), -gap).mean()

    @staticmethod
    def backward(ctx, grad):
        (gap,) = ctx.saved_tensors
        slope = -torch.sigmoid(-gap) / gap.numel() * grad
        return slope, -slope


class RewardHead(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(in_features=width, out_features=1)

    def forward(self, hidden: Tensor, last: Tensor) -> Tensor:
        every = self.score(hidden)[..., 0]
        return every.take_along_dim(last[:, None], dim=1)[:, 0]


def preference_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    return BradleyTerry.apply(chosen, rejected)


# %% kl-solution
class Picked(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, ids):
        top = logits.max(dim=-1, keepdim=True).values
        log_z = top + (logits - top).exp().sum(-1, keepdim=True).log()
        log_p = logits - log_z
        ctx.save_for_backward(log_p, ids)
        out = torch.zeros(ids.shape, dtype=logits.dtype)
        for t in range(1, ids.shape[1]):
            out[:, t] = log_p[torch.arange(len(ids)), t - 1, ids[:, t]]
        return out

    @staticmethod
    def backward(ctx, grad):
        log_p, ids = ctx.saved_tensors
        out = torch.zeros_like(log_p)
        hot = F.one_hot(ids[:, 1:], log_p.shape[-1]).to(log_p.dtype)
        out[:, :-1] = (hot - log_p[:, :-1].exp()) * grad[:, 1:, None]
        return out, None


def token_log_probs(logits: Tensor, ids: Tensor) -> Tensor:
    return Picked.apply(logits, ids)


def sequence_kl(log_p: Tensor, ref_log_p: Tensor, mask: Tensor, kind: str = "k1") -> Tensor:
    ratio = log_p.detach().numpy() - ref_log_p.detach().numpy()
    table = {"k1": ratio, "k2": ratio * ratio / 2, "k3": np.expm1(-ratio) + ratio}
    if kind not in table:
        raise ValueError(kind)
    return torch.from_numpy(np.where(mask.numpy(), table[kind], 0).sum(axis=1))


# %% gae-solution
def shaped_rewards(
    scores: Tensor, log_p: Tensor, ref_log_p: Tensor, mask: Tensor, beta: float
) -> Tensor:
    m = mask.numpy()
    out = np.where(m, -beta * (log_p - ref_log_p).detach().numpy(), 0)
    last = m.shape[1] - 1 - m[:, ::-1].argmax(1)
    out[np.arange(len(m)), last] += scores.detach().numpy()
    return torch.from_numpy(out)


def gae(
    rewards: Tensor, values: Tensor, done: Tensor, mask: Tensor, lam: float
) -> tuple[Tensor, Tensor]:
    r, v = rewards.detach().double().numpy(), values.detach().double().numpy()
    out = np.zeros_like(r)
    for row, flags in enumerate(mask.tolist()):
        columns = [t for t, real in enumerate(flags) if real]
        a = following = 0.0
        for t in reversed(columns):
            if done[row, t]:
                a = following = 0.0
            a = r[row, t] + following - v[row, t] + lam * a
            following = v[row, t]
            out[row, t] = a
    both = out, np.where(mask.numpy(), out + v, 0.0)
    return tuple(torch.from_numpy(x).to(rewards.dtype) for x in both)


# %% ppo-solution
class Clipped(torch.autograd.Function):
    @staticmethod
    def forward(ctx, log_p, old, a, mask, clip):
        ratio = torch.where(mask, log_p - old, 0.0).exp()
        stays = torch.where(a > 0, ratio < 1 + clip, ratio > 1 - clip) & mask
        loss = -torch.where(stays, ratio, ratio.clamp(1 - clip, 1 + clip)) * a
        ctx.save_for_backward(torch.where(stays, -ratio * a, 0.0) / mask.sum())
        return loss[mask].sum() / mask.sum()

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0], None, None, None, None


def policy_loss(
    log_p: Tensor, old_log_p: Tensor, advantages: Tensor, mask: Tensor, clip: float
) -> Tensor:
    return Clipped.apply(log_p, old_log_p, advantages, mask, clip)


def value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float
) -> Tensor:
    old, target = old_values.detach(), returns.detach()
    near = torch.max(torch.min(values, old + clip), old - clip)
    worse = ((near - target).abs() > (values - target).abs()).to(values.dtype)
    error = worse * (near - target) + (1 - worse) * (values - target)
    return (error.square() * mask).sum() / (2 * mask.sum())


# %% groups-solution
def group_advantages(scores: Tensor, group: Tensor, scale: bool) -> Tensor:
    s, g = scores.detach().double().numpy(), group.numpy()
    out = np.empty_like(s)
    for i in range(len(s)):
        mine = s[g == g[i]]
        if scale:
            spread = mine.std() if mine.max() > mine.min() else np.inf
            out[i] = (s[i] - mine.mean()) / spread
        else:
            others = np.array([s[j] for j in range(len(s)) if g[j] == g[i] and j != i])
            out[i] = s[i] - others.mean()
    return torch.from_numpy(out).to(scores.dtype)


def standardize(x: Tensor, mask: Tensor) -> Tensor:
    a, m = x.detach().double().numpy(), mask.numpy()
    real = a[m]
    out = np.zeros_like(a)
    if np.ptp(real) > 0:
        out[m] = (real - real.mean()) / real.std()
    return torch.from_numpy(out).to(x.dtype)


# %% step-prepare
def twin(policy: LetterModel) -> LetterModel:
    twin = LetterModel(
        width=policy.width,
        layers=len(policy.layers),
        heads=policy.layers[0].heads,
        context=policy.context,
        seed=99,
    )
    twin.load_state_dict(policy.state_dict())
    return twin


def prepare(policy: LetterModel, rate: float) -> tuple[Agent, LetterModel, torch.optim.Optimizer]:
    agent = Agent(twin(policy)).train()
    reference = twin(policy).eval()
    for p in reference.parameters():
        p.requires_grad = False
    groups = [{"params": agent.policy.parameters()}, {"params": agent.value.parameters()}]
    optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), weight_decay=0, amsgrad=True)
    return agent, reference, optimizer


# %% step-solution
def ppo_step(
    agent: nn.Module,
    reference: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: Settings,
    pieces: Pieces,
) -> dict[str, float]:
    ids, mask = batch.ids, batch.mask
    with torch.inference_mode():
        ref = pieces.token_log_probs(logits=reference(ids), ids=ids)
        logits, values = agent(ids)
        old = pieces.token_log_probs(logits=logits, ids=ids)
        rewards = pieces.shaped_rewards(
            scores=batch.scores, log_p=old, ref_log_p=ref, mask=mask, beta=settings.beta
        )
        adv, ret = pieces.gae(
            rewards=rewards, values=values, done=batch.done, mask=mask, lam=settings.lam
        )
        adv = pieces.standardize(x=adv, mask=mask)
        kl = pieces.sequence_kl(log_p=old, ref_log_p=ref, mask=mask)
    old, values, adv, ret = (torch.clone(t) for t in (old, values, adv, ret))

    def closure():
        optimizer.zero_grad(set_to_none=False)
        logits, now = agent(ids)
        loss = settings.value_weight * pieces.value_loss(
            values=now, old_values=values, returns=ret, mask=mask, clip=settings.value_clip
        ) + pieces.policy_loss(
            log_p=pieces.token_log_probs(logits=logits, ids=ids),
            old_log_p=old,
            advantages=adv,
            mask=mask,
            clip=settings.clip,
        )
        loss.backward()
        nn.utils.clip_grad_norm_(agent.parameters(), settings.max_norm)
        return loss

    for _ in range(settings.epochs):
        optimizer.step(closure)
    return {"kl": float(kl.mean()), "score": float(batch.scores.mean())}
