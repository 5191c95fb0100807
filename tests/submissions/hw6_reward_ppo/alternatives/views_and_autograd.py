"""Results are views or not contiguous, work is done in place, and losses bring their gradients."""
# ruff: noqa: F821

# %% mask-solution
from functools import reduce
from itertools import pairwise


def last_real(mask: Tensor) -> Tensor:
    buffer = torch.full((mask.shape[0], 2), -1, dtype=torch.int64)
    for column in range(mask.shape[1]):
        buffer[mask[:, column], 1] = column
    if bool((buffer[:, 1] < 0).any()):
        raise ValueError
    return buffer[:, 1]


def response_mask(ids: Tensor, starts: Tensor, eos_id: int, pad_id: int) -> Tensor:
    batch, time = ids.shape
    wide = torch.zeros(time + 2, batch, dtype=torch.bool)
    for row in range(batch):
        column, begin = int(starts[row]), int(starts[row])
        has_end = eos_id in ids[row, begin:].tolist()
        while column < time:
            token = int(ids[row, column])
            if token == pad_id and not has_end:
                break
            wide[column + 1, row] = True
            column += 1
            if token == eos_id:
                break
    return wide[1:-1].T


# %% reward-solution
class RewardHead(nn.Module):
    score: nn.Linear

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(self, hidden: Tensor, last: Tensor) -> Tensor:
        # All states get a score, and one of them is taken.
        return self.score(hidden)[..., 0].take_along_dim(last[:, None], 1).T[0]


class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.relu(x) + torch.log1p(torch.exp(-x.abs()))

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient * torch.sigmoid(x)


def preference_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    total = chosen.new_zeros(2)
    total[0] += Softplus.apply(rejected - chosen).sum()
    return (total / len(chosen))[0]


# %% kl-solution
def token_log_probs(logits: Tensor, ids: Tensor) -> Tensor:
    result = logits.new_zeros(ids.shape[1], ids.shape[0])
    for before, here in pairwise(range(ids.shape[1])):
        lines = logits[:, before]
        result[here] = -F.cross_entropy(lines, ids[:, here], reduction="none")
    return result.T


def sequence_kl(log_p: Tensor, ref_log_p: Tensor, mask: Tensor, kind: str = "k1") -> Tensor:
    if kind not in {"k1", "k2", "k3"}:
        raise ValueError(kind)
    ratio = torch.sub(log_p, ref_log_p)
    ratio[~mask] = 0
    if kind == "k2":
        ratio.square_().div_(2)
    if kind == "k3":
        ratio.add_(ratio.neg().expm1_())
    return torch.stack([ratio.sum(1), ratio.sum(1)], dim=1)[:, 0]


# %% gae-solution
def shaped_rewards(
    scores: Tensor, log_p: Tensor, ref_log_p: Tensor, mask: Tensor, beta: float
) -> Tensor:
    wide = torch.cat([mask, torch.zeros_like(mask[:, :1])], dim=1)
    ends = wide[:, :-1] & ~wide[:, 1:]
    rewards = ref_log_p.clone()
    rewards.sub_(log_p).mul_(beta).masked_fill_(~mask, 0)
    rewards[ends] += scores
    return rewards.T.contiguous().T


def gae(
    rewards: Tensor, values: Tensor, done: Tensor, mask: Tensor, lam: float
) -> tuple[Tensor, Tensor]:
    # (I - λ N) A = δ, where N leads from a token to the next one of its episode.
    with torch.no_grad():
        time = values.shape[1]
        along = (mask & ~done)[:, :-1].to(values.dtype)
        step = (
            torch.diag_embed(along, offset=1) if time > 1 else values.new_zeros(len(values), 1, 1)
        )
        clean = values.masked_fill(~mask, 0)
        surprise = rewards.masked_fill(~mask, 0) - clean + (step @ clean[..., None])[..., 0]
        matrix = torch.eye(time, dtype=values.dtype) - lam * step
        advantages = torch.linalg.solve_triangular(matrix, surprise[..., None], upper=True)
        both = torch.cat([advantages, advantages + clean[..., None]], dim=-1)
        return both[..., 0], both[..., 1]


# %% ppo-solution
class Clipped(torch.autograd.Function):
    @staticmethod
    def forward(context, log_p, old, advantages, mask, clip):
        ratio = torch.exp(torch.where(mask, log_p - old, 0.0))
        free = ((advantages > 0) & (ratio <= 1 + clip)) | ((advantages <= 0) & (ratio >= 1 - clip))
        near = torch.where(free, ratio, ratio.clamp(1 - clip, 1 + clip))
        number = mask.sum()
        context.save_for_backward(-ratio * advantages * free * mask / number)
        return -(near * advantages)[mask].sum() / number

    @staticmethod
    def backward(context, gradient):
        return gradient * context.saved_tensors[0], None, None, None, None


def policy_loss(
    log_p: Tensor, old_log_p: Tensor, advantages: Tensor, mask: Tensor, clip: float
) -> Tensor:
    return Clipped.apply(log_p, old_log_p.detach(), advantages.detach(), mask, clip)


def value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float
) -> Tensor:
    with torch.no_grad():
        near = torch.minimum(torch.maximum(values, old_values - clip), old_values + clip)
        stuck = (near - returns).abs() > (values - returns).abs()
    error = torch.where(stuck, near, values) - returns.detach()
    return error[mask].square().sum() / (2 * mask.sum())


# %% groups-solution
def group_advantages(scores: Tensor, group: Tensor, scale: bool) -> Tensor:
    same = group[:, None] == group[None, :]
    low = scores.expand(len(scores), -1).masked_fill(~same, float("inf")).amin(1)
    scores = scores - low  # a tie is exactly 0 now
    weights = same / same.sum(1, keepdim=True)
    mean = weights.to(scores.dtype) @ scores
    if not scale:
        others = (same & ~torch.eye(len(scores), dtype=torch.bool)).to(scores.dtype)
        return scores - others @ scores / others.sum(1)
    variance = weights.to(scores.dtype) @ (scores - mean).square()
    return (scores - mean) / (variance.sqrt() + 1e-8)


def standardize(x: Tensor, mask: Tensor) -> Tensor:
    first = x[mask][0]
    y = (x - first) * mask
    number = mask.sum()
    y -= y.sum() / number
    y *= mask
    y /= (y.square().sum() / number).sqrt() + 1e-9
    return torch.stack([y, y], -1)[..., 1]


# %% step-prepare
@dataclass
class Snapshot:
    log_p: Tensor
    ref: Tensor
    values: Tensor
    advantages: Tensor | None = None
    returns: Tensor | None = None


def prepare(policy: LetterModel, rate: float) -> tuple[Agent, LetterModel, torch.optim.Optimizer]:
    weights = {name: tensor.clone() for name, tensor in policy.state_dict().items()}
    heads = policy.layers[0].heads
    sizes = {"width": policy.width, "layers": len(policy.layers), "heads": heads}
    agent = Agent(LetterModel(**sizes, context=policy.context, seed=5))
    reference = LetterModel(**sizes, context=policy.context, seed=6)
    agent.policy.load_state_dict(weights)
    reference.load_state_dict(weights)
    optimizer = torch.optim.AdamW(list(agent.parameters())[::-1], lr=rate, weight_decay=0.0)
    reference.eval()
    [p.requires_grad_(False) for p in reference.parameters()]
    return agent.eval(), reference, optimizer


# %% step-solution
def ppo_step(
    agent: nn.Module,
    reference: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: Settings,
    pieces: Pieces,
) -> dict[str, float]:
    ids, mask = batch.ids.clone(), batch.mask.clone()
    logits, values = agent(ids)
    with torch.no_grad():
        ref = pieces.token_log_probs(reference(ids), ids)
    now = Snapshot(pieces.token_log_probs(logits, ids).detach(), ref, values.detach())
    rewards = pieces.shaped_rewards(batch.scores, now.log_p, ref, mask, settings.beta).detach()
    advantages, returns = pieces.gae(rewards, now.values, batch.done, mask, settings.lam)
    now.returns = returns.detach()
    now.advantages = pieces.standardize(advantages.detach(), mask)
    result = {
        "score": sum(batch.scores.tolist()) / len(batch.scores),
        "kl": pieces.sequence_kl(now.log_p, now.ref, mask, kind="k1").detach().mean().item(),
    }
    for _ in range(settings.epochs):
        for parameter in agent.parameters():
            parameter.grad = None
        logits, values = agent(ids)
        losses = [
            pieces.policy_loss(
                pieces.token_log_probs(logits, ids), now.log_p, now.advantages, mask, settings.clip
            ),
            settings.value_weight
            * pieces.value_loss(values, now.values, now.returns, mask, settings.value_clip),
        ]
        for i, loss in enumerate(losses):  # the gradients add up
            loss.backward(retain_graph=i == 0)
        parameters = [p for p in agent.parameters() if p.grad is not None]
        norm = reduce(lambda total, p: total + p.grad.pow(2).sum(), parameters, 0.0) ** 0.5
        for parameter in parameters:
            parameter.grad *= min(1.0, settings.max_norm / (float(norm) + 1e-6))
        optimizer.step()
    return result
