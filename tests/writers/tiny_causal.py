"""A tiny causal language model: Llama's design with random weights, and a tokenizer trained on the spot.

Made in a second from its configuration; nothing is downloaded. The same arguments give the same checkpoint.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra `local` is absent: torch")
transformers = pytest.importorskip("transformers", reason="the extra `local` is absent: transformers")

TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>\n{{ message.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
"""A chat template with a mark for each role; an answer ends with `<|end|>`."""

ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
PAD, START, END = "<|pad|>", "<|start|>", "<|end|>"

CORPUS = (
    "class: dalmatian\nkind: animal\ndescription: a white dog with black spots\nshow: environment = on grass\n"
    "show: style = pencil sketch\nmust say: dalmatian\nprompt: a pencil sketch of a dalmatian on grass",
    "class: watch\nshow: environment = at night\nshow: style = photo\nprompt: a photo of a watch at night",
    "class: piano\nshow: environment = in the snow\nshow: style = painting\nprompt: a painting of a piano in the snow",
    "You write one prompt for an image generator. It names the class, tells everything that is to be shown, and "
    "invents no further thing, place or style. Answer with the prompt alone, on one line.",
)


def tiny_causal(
    folder: Path,
    *,
    chat: bool = True,
    seed: int = 0,
    texts: Iterable[str] = CORPUS,
    words: int = 400,
    width: int = 64,
    layers: int = 2,
    positions: int = 2048,
    spread: float = 0.02,
    template: str = TEMPLATE,
) -> Path:
    """Write the checkpoint into a folder, which is made. `chat`: with a chat template.

    `texts` train the tokenizer (byte-level BPE with `words` tokens: it can write any text); `width` is a multiple of 8;
    `positions`: the longest text in tokens. `spread`: of the random weights; 0.02 to train them, more to have answers
    that depend on what was asked. The global random numbers stay as they are.
    """
    tokenizer = _tokenizer(texts, words, positions)
    if chat:
        tokenizer.chat_template = template
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=positions,
        initializer_range=spread,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = transformers.LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(texts: Iterable[str], words: int, positions: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    marks = [PAD, START, END, *ROLES]
    trainer = trainers.BpeTrainer(
        vocab_size=words,
        special_tokens=marks,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=START,
        eos_token=END,
        extra_special_tokens=list(ROLES),
        model_max_length=positions,
        clean_up_tokenization_spaces=False,
    )
