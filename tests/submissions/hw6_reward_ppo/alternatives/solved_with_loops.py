"""Plain Python: loops over rows and columns, lists of numbers, a tensor only at the end."""
# ruff: noqa: E402, F811, F821  (cells of a notebook, which has the other names)


# %% mask-solution
def last_real(mask: Tensor) -> Tensor:
    columns = []
    for number, row in enumerate(mask.tolist()):
        if True not in row:
            raise ValueError(f"row {number} has no real token")
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
    """One number for each text."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(self, hidden: Tensor, last: Tensor) -> Tensor:
        return torch.cat(
            [self.score(row[column]) for row, column in zip(hidden, last.tolist(), strict=True)]
        )


def preference_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    losses = [-F.logsigmoid(one - other) for one, other in zip(chosen, rejected, strict=True)]
    return sum(losses) / len(losses)


# %% kl-solution
def token_log_probs(logits: Tensor, ids: Tensor) -> Tensor:
    rows = []
    for row, row_ids in zip(logits, ids.tolist(), strict=True):
        numbers = [torch.zeros((), dtype=logits.dtype)]
        for column in range(1, len(row_ids)):
            before = row[column - 1]
            numbers.append(before[row_ids[column]] - before.logsumexp(0))
        rows.append(torch.stack(numbers))
    return torch.stack(rows)


def sequence_kl(log_p: Tensor, ref_log_p: Tensor, mask: Tensor, kind: str = "k1") -> Tensor:
    if kind == "k1":
        estimate = lambda x: x  # noqa: E731
    elif kind == "k2":
        estimate = lambda x: x**2 / 2  # noqa: E731
    elif kind == "k3":
        estimate = lambda x: math.exp(-x) - 1 + x  # noqa: E731
    else:
        raise ValueError(f"{kind} is not k1, k2 or k3")
    totals = []
    for p_row, ref_row, mask_row in zip(log_p.tolist(), ref_log_p.tolist(), mask, strict=True):
        pairs = zip(p_row, ref_row, mask_row, strict=True)
        totals.append(sum(estimate(p - ref) for p, ref, real in pairs if real))
    return torch.tensor(totals, dtype=log_p.dtype)


import math


# %% gae-solution
def shaped_rewards(
    scores: Tensor, log_p: Tensor, ref_log_p: Tensor, mask: Tensor, beta: float
) -> Tensor:
    rewards = torch.zeros_like(log_p)
    for b in range(len(scores)):
        last = None
        for t in range(mask.shape[1]):
            if mask[b, t]:
                rewards[b, t] = -beta * (log_p[b, t] - ref_log_p[b, t])
                last = t
        rewards[b, last] += scores[b]
    return rewards


@torch.no_grad()
def gae(
    rewards: Tensor, values: Tensor, done: Tensor, mask: Tensor, lam: float
) -> tuple[Tensor, Tensor]:
    batch, time = rewards.shape
    advantages, returns = torch.zeros_like(rewards), torch.zeros_like(rewards)
    for b in range(batch):
        next_value = next_advantage = 0.0
        for t in reversed(range(time)):
            if not mask[b, t]:
                continue
            if done[b, t]:
                next_value = next_advantage = 0.0
            surprise = rewards[b, t] + next_value - values[b, t]
            next_advantage = advantages[b, t] = surprise + lam * next_advantage
            next_value = values[b, t]
            returns[b, t] = next_advantage + next_value
    return advantages, returns


# %% ppo-solution
def policy_loss(
    log_p: Tensor, old_log_p: Tensor, advantages: Tensor, mask: Tensor, clip: float
) -> Tensor:
    old, weights = old_log_p.tolist(), advantages.tolist()
    losses = []
    for b, t in mask.nonzero().tolist():
        ratio, weight = (log_p[b, t] - old[b][t]).exp(), weights[b][t]
        if weight > 0 and ratio > 1 + clip:
            losses.append(-(1 + clip) * weight + 0 * ratio)
        elif weight < 0 and ratio < 1 - clip:
            losses.append(-(1 - clip) * weight + 0 * ratio)
        else:
            losses.append(-ratio * weight)
    return torch.stack(losses).mean()


def value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float
) -> Tensor:
    total = torch.zeros((), dtype=values.dtype)
    for b, t in mask.nonzero().tolist():
        old, target = old_values[b, t].detach(), returns[b, t].detach()
        clipped = min(max(values[b, t], old - clip), old + clip)
        total = total + max((values[b, t] - target) ** 2, (clipped - target) ** 2) / 2
    return total / int(mask.sum())


# %% groups-solution
def group_advantages(scores: Tensor, group: Tensor, scale: bool) -> Tensor:
    members: dict[int, list[float]] = {}
    for score, label in zip(scores.tolist(), group.tolist(), strict=True):
        members.setdefault(label, []).append(score)
    result = []
    for score, label in zip(scores.tolist(), group.tolist(), strict=True):
        mine = members[label]
        mean = math.fsum(mine) / len(mine)
        if min(mine) == max(mine):
            result.append(0.0)
        elif scale:
            variance = math.fsum((x - mean) ** 2 for x in mine) / len(mine)
            result.append((score - mean) / math.sqrt(variance))
        else:
            result.append(score - (math.fsum(mine) - score) / (len(mine) - 1))
    return torch.tensor(result, dtype=scores.dtype)


def standardize(x: Tensor, mask: Tensor) -> Tensor:
    everyone = torch.zeros(int(mask.sum()), dtype=torch.int64)
    result = torch.zeros_like(x)
    result[mask] = group_advantages(x[mask], everyone, True)
    return result


import math


# %% step-solution
def prepare(policy: LetterModel, rate: float) -> tuple[Agent, LetterModel, torch.optim.Optimizer]:
    agent = Agent(copy.deepcopy(policy))
    for parameter in agent.parameters():
        parameter.requires_grad = True
    reference = copy.deepcopy(policy)
    for parameter in reference.parameters():
        parameter.requires_grad = False
    reference.eval()
    groups = [{"params": list(agent.policy.parameters())}, {"params": agent.value.parameters()}]
    return agent, reference, torch.optim.AdamW(groups, lr=rate, weight_decay=0)


def ppo_step(
    agent: nn.Module,
    reference: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: Settings,
    pieces: Pieces,
) -> dict[str, float]:
    with torch.no_grad():
        ref_log_p = pieces.token_log_probs(reference(batch.ids), batch.ids)
        logits, old_values = agent(batch.ids)
        old_log_p = pieces.token_log_probs(logits, batch.ids)
        kl = pieces.sequence_kl(old_log_p, ref_log_p, batch.mask, "k1")
        log = {"score": batch.scores.mean().item(), "kl": kl.mean().item()}
        rewards = pieces.shaped_rewards(
            batch.scores, old_log_p, ref_log_p, batch.mask, settings.beta
        )
        advantages, returns = pieces.gae(rewards, old_values, batch.done, batch.mask, settings.lam)
        advantages = pieces.standardize(advantages, batch.mask)
    for _ in range(settings.epochs):
        optimizer.zero_grad()
        logits, values = agent(batch.ids)
        log_p = pieces.token_log_probs(logits, batch.ids)
        loss = pieces.policy_loss(log_p, old_log_p, advantages, batch.mask, settings.clip)
        loss = loss + settings.value_weight * pieces.value_loss(
            values, old_values, returns, batch.mask, settings.value_clip
        )
        loss.backward()
        nn.utils.clip_grad_norm_(agent.parameters(), settings.max_norm)
        optimizer.step()
    return log


# %% experiment-solution
def run_ppo(arm: str, seed: int) -> dict[str, object]:
    torch.manual_seed(seed)
    agent, reference, optimizer = prepare(policy, RATE)
    curve = []
    for i in range(ITERATIONS):
        number = 1000 * seed + i
        if arm == "critic":
            prompts = draw_prompts(train_text, BATCH, longest=PROMPT, seed=number)
        else:
            few = draw_prompts(train_text, BATCH // GROUP, longest=PROMPT, seed=number)
            prompts = torch.stack([prompt for prompt in few for _ in range(GROUP)])
        ids = sample(agent.policy, prompts, LENGTH, seed=number)
        mask = response_mask(ids, torch.tensor([PROMPT] * BATCH), PAD_ID, PAD_ID)
        done = torch.zeros_like(mask)
        for row, column in enumerate(last_real(mask).tolist()):
            done[row, column] = True
        batch = Batch(ids, mask, done, reward_of(ids))
        curve.append(ppo_step(agent, reference, optimizer, batch, SETTINGS, PIECES[arm]))
    scores, kl = evaluate(agent.policy)
    gaps = [after - before for after, before in zip(scores, start_scores, strict=True)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1)
    return {
        "curve": curve,
        "scores": scores,
        "kl": kl,
        "gain": (mean, (variance / len(gaps)) ** 0.5),
        "weights": dict(agent.policy.state_dict()),
    }


results = {(arm, seed): run_ppo(arm, seed) for arm in ARMS for seed in SEEDS}
