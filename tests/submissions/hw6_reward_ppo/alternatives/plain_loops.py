"""Python loops over rows and columns, lists of numbers, tensors only at the end."""
# ruff: noqa: F821  (cells of a notebook, which has the other names)


# %% mask-solution
def last_real(mask: Tensor) -> Tensor:
    columns = []
    for row in mask.tolist():
        if True not in row:
            raise ValueError("no real token")
        columns.append(len(row) - 1 - row[::-1].index(True))
    return torch.tensor(columns)


def response_mask(ids: Tensor, starts: Tensor, eos_id: int, pad_id: int) -> Tensor:
    rows = []
    for row, start in zip(ids.tolist(), starts.tolist(), strict=True):
        response = row[start:]
        if eos_id in response:
            length = response.index(eos_id) + 1
        elif pad_id in response:
            length = response.index(pad_id)
        else:
            length = len(response)
        rows.append([start <= column < start + length for column in range(len(row))])
    return torch.tensor(rows)


# %% reward-solution
class RewardHead(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(self, hidden: Tensor, last: Tensor) -> Tensor:
        rewards = [self.score(row[int(i)])[0] for row, i in zip(hidden, last, strict=True)]
        return torch.stack(rewards)


def preference_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    total = chosen.new_zeros(())
    for one, other in zip(chosen, rejected, strict=True):
        total = total - F.logsigmoid(one - other)
    return total / len(chosen)


# %% kl-solution
def token_log_probs(logits: Tensor, ids: Tensor) -> Tensor:
    columns = [torch.zeros_like(logits[:, 0, 0])]
    for t in range(1, ids.shape[1]):
        columns.append(-F.cross_entropy(logits[:, t - 1], ids[:, t], reduction="none"))
    return torch.stack(columns, dim=1)


def sequence_kl(log_p: Tensor, ref_log_p: Tensor, mask: Tensor, kind: str = "k1") -> Tensor:
    sums = []
    for one, other, inside in zip(log_p, ref_log_p, mask, strict=True):
        ratio = one[inside] - other[inside]
        match kind:
            case "k1":
                sums.append(ratio.sum())
            case "k2":
                sums.append((ratio * ratio / 2).sum())
            case "k3":
                sums.append((torch.exp(-ratio) - 1 + ratio).sum())
            case _:
                raise ValueError("k1, k2 or k3")
    return torch.stack(sums)


# %% gae-solution
def shaped_rewards(
    scores: Tensor, log_p: Tensor, ref_log_p: Tensor, mask: Tensor, beta: float
) -> Tensor:
    rewards = torch.zeros_like(log_p)
    for b in range(mask.shape[0]):
        real = [t for t in range(mask.shape[1]) if mask[b, t]]
        for t in real:
            rewards[b, t] = -beta * (log_p[b, t] - ref_log_p[b, t])
        rewards[b, real[-1]] += scores[b]
    return rewards


def gae(
    rewards: Tensor, values: Tensor, done: Tensor, mask: Tensor, lam: float
) -> tuple[Tensor, Tensor]:
    advantages, returns = torch.zeros_like(values), torch.zeros_like(values)
    for b in range(mask.shape[0]):
        later = following = 0.0
        for t in range(mask.shape[1] - 1, -1, -1):
            if not mask[b, t]:
                continue
            if done[b, t]:
                later = following = 0.0
            value = values[b, t].item()
            later = rewards[b, t].item() + following - value + lam * later
            following = value
            advantages[b, t] = later
            returns[b, t] = later + value
    return advantages, returns


# %% ppo-solution
def policy_loss(
    log_p: Tensor, old_log_p: Tensor, advantages: Tensor, mask: Tensor, clip: float
) -> Tensor:
    losses = []
    for b, t in mask.nonzero().tolist():
        advantage = advantages[b, t].item()
        ratio = torch.exp(log_p[b, t] - old_log_p[b, t].item())
        far = ratio.clamp(max=1 + clip) if advantage >= 0 else ratio.clamp(min=1 - clip)
        losses.append(-far * advantage)
    return sum(losses) / len(losses)


def value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float
) -> Tensor:
    losses = []
    for b, t in mask.nonzero().tolist():
        old, target = float(old_values[b, t].detach()), float(returns[b, t].detach())
        near = values[b, t].clamp(old - clip, old + clip)
        worst = max((values[b, t] - target) ** 2, (near - target) ** 2)
        losses.append(worst / 2)
    return torch.stack(losses).mean()


# %% groups-solution
def group_advantages(scores: Tensor, group: Tensor, scale: bool) -> Tensor:
    from statistics import fmean, pstdev

    members: dict[int, list[int]] = {}
    for i, label in enumerate(group.tolist()):
        members.setdefault(label, []).append(i)
    own = scores.tolist()
    result = [0.0] * len(own)
    for places in members.values():
        numbers = [own[i] for i in places]
        if len(set(numbers)) == 1:
            continue
        for i in places:
            others = [own[j] for j in places if j != i]
            if scale:
                result[i] = (own[i] - fmean(numbers)) / pstdev(numbers)
            else:
                result[i] = own[i] - fmean(others)
    return torch.tensor(result, dtype=scores.dtype)


def standardize(x: Tensor, mask: Tensor) -> Tensor:
    from statistics import fmean, pstdev

    pairs = zip(x.flatten().tolist(), mask.flatten().tolist(), strict=True)
    inside = [value for value, real in pairs if real]
    mean, spread = fmean(inside), pstdev(inside)
    if spread < 1e-9 * (1 + abs(mean)):
        return torch.zeros_like(x)
    return torch.where(mask, (x - mean) / spread, torch.zeros_like(x))


# %% step-prepare
def prepare(policy: LetterModel, rate: float) -> tuple[Agent, LetterModel, torch.optim.Optimizer]:
    copies = [copy.deepcopy(policy), copy.deepcopy(policy)]
    for parameter in copies[0].parameters():
        parameter.requires_grad_(True)
    for parameter in copies[1].parameters():
        parameter.requires_grad_(False)
    copies[1].eval()
    agent = Agent(copies[0])
    groups = [{"params": list(part.parameters())} for part in (agent.policy, agent.value)]
    return agent, copies[1], torch.optim.AdamW(groups, rate, weight_decay=0.0)


# %% step-solution
@torch.no_grad()
def what_was_known(agent, reference, batch, settings, pieces):
    logits, values = agent(batch.ids)
    log_p = pieces.token_log_probs(logits, batch.ids)
    ref_log_p = pieces.token_log_probs(reference(batch.ids), batch.ids)
    rewards = pieces.shaped_rewards(batch.scores, log_p, ref_log_p, batch.mask, settings.beta)
    advantages, returns = pieces.gae(rewards, values, batch.done, batch.mask, settings.lam)
    kl = pieces.sequence_kl(log_p, ref_log_p, batch.mask, kind="k1")
    return log_p, values, pieces.standardize(advantages, batch.mask), returns, kl


def ppo_step(
    agent: nn.Module,
    reference: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: Settings,
    pieces: Pieces,
) -> dict[str, float]:
    old, old_values, advantages, returns, kl = what_was_known(
        agent, reference, batch, settings, pieces
    )
    epoch = 0
    while epoch < settings.epochs:
        agent.zero_grad(set_to_none=True)
        logits, values = agent(batch.ids)
        new = pieces.token_log_probs(logits, batch.ids)
        one = pieces.policy_loss(new, old, advantages, batch.mask, settings.clip)
        two = pieces.value_loss(values, old_values, returns, batch.mask, settings.value_clip)
        one.backward(retain_graph=True)
        (settings.value_weight * two).backward()
        gradients = [p.grad for p in agent.parameters() if p.grad is not None]
        norm = sum(float(gradient.square().sum()) for gradient in gradients) ** 0.5
        if norm > settings.max_norm:
            for gradient in gradients:
                gradient.mul_(settings.max_norm / norm)
        optimizer.step()
        epoch += 1
    score, number = sum(batch.scores.tolist()), len(batch.scores)
    return {"score": score / number, "kl": sum(kl.tolist()) / number}
