"""A tiny causal language model that can copy words out of a chat and has seen no prompt: something to be tuned.

Made in some twenty seconds, from nothing: two layers of Llama's design, whose attention begins as one that looks a
word back and one that looks for the same word, trained to answer random chats with a few of their words in a row.
"""

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra `tune` is absent: torch")
transformers = pytest.importorskip("transformers", reason="the extra `tune` is absent: transformers")

PAD, END, UNKNOWN = "<|pad|>", "<|end|>", "<|unknown|>"
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|> {{ message.content }} <|end|> {% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
WIDTH, HEADS, BATCH = 128, 2, 16


def copying_model(folder: Path, texts: Iterable[str], system: str, *, steps: int = 220, seed: int = 0) -> Path:
    """Write the checkpoint into a folder. It knows the words of `texts`, each as one token."""
    tokenizer = word_tokenizer([*texts, system])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _wired(len(tokenizer), tokenizer)
        _train(model, tokenizer, system, steps)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def word_tokenizer(texts: Iterable[str], template: str = TEMPLATE) -> Any:
    """Words and signs of these texts, each one token; anything else is unknown."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    split = pre_tokenizers.Whitespace()
    words = sorted({word for text in texts for word, _ in split.pre_tokenize_str(text)})
    known = {word: at for at, word in enumerate([PAD, END, UNKNOWN, *ROLES, *words])}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        extra_special_tokens=list(ROLES),
        model_max_length=512,
    )
    made.chat_template = template or None
    return made


def _wired(vocabulary: int, tokenizer: Any) -> Any:
    """A model whose attention need not find out first what copying is (Olsson et al., 2022: induction heads)."""
    config = transformers.LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        attention_bias=True,
        initializer_range=0.05,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = transformers.LlamaForCausalLM(config)
    side = WIDTH // HEADS
    turns = 10000.0 ** -(torch.arange(0, side, 2) / side)  # of the rotary embedding, a word on
    one, two, three, four = (torch.linalg.qr(torch.randn(WIDTH, WIDTH))[0] for _ in range(4))
    back, same = (layer.self_attn for layer in model.model.layers)
    with torch.no_grad():
        model.model.embed_tokens.weight.normal_(std=0.3)
        back.k_proj.bias.copy_(8 * torch.cat([torch.ones(side // 2), torch.zeros(side // 2)]).repeat(HEADS))
        back.q_proj.bias.copy_(8 * torch.cat([turns.cos(), -turns.sin()]).repeat(HEADS))
        back.v_proj.weight.copy_(one)
        back.o_proj.weight.copy_(0.3 * two)
        same.q_proj.weight.copy_(1.5 * three)
        same.k_proj.weight.copy_(1.5 * three @ (0.3 * two @ one).T)
        same.v_proj.weight.copy_(four)
        same.o_proj.weight.copy_(four.T)
    return model


def _train(model: Any, tokenizer: Any, system: str, steps: int) -> None:
    words = sorted(w for w in tokenizer.get_vocab() if not w.startswith("<|"))
    chance = random.Random(0)
    adam = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01, betas=(0.9, 0.98))
    for step in range(steps):
        for group in adam.param_groups:
            group["lr"] = 3e-3 * min(1, (step + 1) / 30) * (1 - 0.95 * step / steps)
        told = [chance.sample(words, 18) for _ in range(BATCH)]
        rows, labels = zip(*(_example(tokenizer, system, line, chance) for line in told), strict=True)
        longest = max(map(len, rows))
        filled = torch.tensor([row + [tokenizer.pad_token_id] * (longest - len(row)) for row in rows])
        wanted = torch.tensor([row + [-100] * (longest - len(row)) for row in labels])
        loss = model(input_ids=filled, labels=wanted).loss
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()


def _example(tokenizer: Any, system: str, told: list[str], chance: random.Random) -> tuple[list[int], list[int]]:
    """A chat of random words, answered with a few of them in a row."""
    start = chance.randrange(len(told) - 8)
    answer = told[start : start + chance.randint(3, 8)]
    chat = [{"role": "system", "content": system}, {"role": "user", "content": " ".join(told)}]
    asked = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    before = tokenizer(asked, add_special_tokens=False)["input_ids"]
    after = tokenizer(" ".join([*answer, END]), add_special_tokens=False)["input_ids"]
    return before + after, [-100] * len(before) + after
