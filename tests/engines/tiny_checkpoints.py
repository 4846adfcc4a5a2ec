"""Tiny checkpoints with random weights, made from their configurations: a few MB each, nothing is downloaded.

The networks are wired as in the real ones (classes, channels, layers that the pipelines look at), with few channels.
`build(kind, folder)` writes one; each takes a second or two. `seeded` weights: the same kind is the same checkpoint.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is absent: pip install 'mintage[local]'")
diffusers = pytest.importorskip("diffusers", reason="diffusers is absent: pip install 'mintage[local]'")

CLIP = {"hidden_size": 32, "intermediate_size": 37, "num_attention_heads": 4, "num_hidden_layers": 2}


def sd(folder: Path, *, channels: int = 4, checker: bool = False) -> None:
    """Stable Diffusion: an epsilon UNet over an 8× VAE, CLIP words. `checker`: with a safety checker."""
    parts = {
        "unet": unet(channels),
        "vae": vae(),
        "text_encoder": text_encoder(),
        "tokenizer": clip_tokenizer(),
        "scheduler": diffusers.DDIMScheduler(clip_sample=False, beta_schedule="scaled_linear", beta_start=0.00085),
        "safety_checker": safety_checker() if checker else None,
        "feature_extractor": clip_images() if checker else None,
    }
    cls = diffusers.StableDiffusionInpaintPipeline if channels == 9 else diffusers.StableDiffusionPipeline
    cls(**parts, requires_safety_checker=checker).save_pretrained(folder)


def sd_checked(folder: Path) -> None:
    """Stable Diffusion with a safety checker that forbids nothing (its thresholds are out of reach)."""
    sd(folder, checker=True)


def sd_inpaint(folder: Path) -> None:
    """Stable Diffusion for inpainting: 9 channels, latents beside the masked image and the mask."""
    sd(folder, channels=9)


def sdxl(folder: Path) -> None:
    """Stable Diffusion XL: two text encoders, sizes as conditions."""
    network = diffusers.UNet2DConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=8,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=80,
        cross_attention_dim=64,
        norm_num_groups=8,
    )
    diffusers.StableDiffusionXLPipeline(
        unet=network,
        vae=vae(),
        text_encoder=text_encoder(),
        text_encoder_2=text_encoder(projected=True),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        scheduler=diffusers.EulerDiscreteScheduler(beta_schedule="scaled_linear", beta_start=0.00085),
    ).save_pretrained(folder)


def kandinsky_prior(folder: Path) -> None:
    """Kandinsky 2.2's prior: words or pictures → an image embedding."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    eyes = CLIPVisionConfig(**CLIP, image_size=32, patch_size=8, projection_dim=32)
    prior = diffusers.PriorTransformer(
        num_attention_heads=2, attention_head_dim=12, embedding_dim=32, num_layers=1, additional_embeddings=4
    )
    prior.clip_std = torch.nn.Parameter(torch.ones(prior.clip_std.shape))  # 0 would make every embedding the same
    scheduler = diffusers.UnCLIPScheduler(
        variance_type="fixed_small_log",
        prediction_type="sample",
        num_train_timesteps=1000,
        clip_sample=True,
        clip_sample_range=5.0,
    )
    diffusers.KandinskyV22PriorPipeline(
        prior=prior,
        image_encoder=CLIPVisionModelWithProjection(eyes),
        text_encoder=text_encoder(projected=True),
        tokenizer=clip_tokenizer(),
        scheduler=scheduler,
        image_processor=clip_images(),
    ).save_pretrained(folder)


def kandinsky(folder: Path, *, channels: int = 4) -> None:
    """Kandinsky 2.2's decoder: an image embedding → pixels. 9 channels: for inpainting."""
    network = diffusers.UNet2DConditionModel(
        in_channels=channels,
        out_channels=8,
        addition_embed_type="image",
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        block_out_channels=(32, 64),
        layers_per_block=1,
        encoder_hid_dim=32,
        encoder_hid_dim_type="image_proj",
        cross_attention_dim=32,
        attention_head_dim=4,
        resnet_time_scale_shift="scale_shift",
        class_embed_type=None,
    )
    movq = diffusers.VQModel(
        block_out_channels=(32, 32, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 3 + ("AttnDownEncoderBlock2D",),
        up_block_types=("AttnUpDecoderBlock2D",) + ("UpDecoderBlock2D",) * 3,
        in_channels=3,
        out_channels=3,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        norm_type="spatial",
        num_vq_embeddings=12,
        vq_embed_dim=4,
    )
    scheduler = diffusers.DDIMScheduler(
        beta_schedule="linear", beta_start=0.00085, beta_end=0.012, clip_sample=False, set_alpha_to_one=False
    )
    cls = diffusers.KandinskyV22InpaintPipeline if channels == 9 else diffusers.KandinskyV22Pipeline
    cls(unet=network, movq=movq, scheduler=scheduler).save_pretrained(folder)


def kandinsky_inpaint(folder: Path) -> None:
    kandinsky(folder, channels=9)


def klein(folder: Path) -> None:
    """FLUX.2 klein: a transformer over patched latents, words by Qwen3 (27 layers are looked at), several images."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    words = Qwen3Config(
        vocab_size=300,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=28,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=512,
    )
    network = diffusers.Flux2Transformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        axes_dims_rope=(4, 4, 4, 4),
        timestep_guidance_channels=32,
        guidance_embeds=False,
    )
    autoencoder = diffusers.AutoencoderKLFlux2(
        block_out_channels=(8, 8, 16, 16), layers_per_block=1, latent_channels=4, norm_num_groups=4, sample_size=64
    )
    diffusers.Flux2KleinPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder,
        text_encoder=Qwen3ForCausalLM(words),
        tokenizer=qwen_tokenizer(),
        transformer=network,
        is_distilled=False,
    ).save_pretrained(folder)


KINDS: dict[str, Callable[[Path], None]] = {
    "sd": sd,
    "sdxl": sdxl,
    "sd-checked": sd_checked,
    "sd_inpaint": sd_inpaint,
    "kandinsky-prior": kandinsky_prior,
    "kandinsky-decoder": kandinsky,
    "kandinsky-decoder-inpaint": kandinsky_inpaint,
    "klein": klein,
}


def build(kind: str, folder: Path) -> Path:
    """Write a checkpoint of a kind into `folder`; weights from a fixed seed, without noise on the screen."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        diffusers.utils.logging.set_verbosity_error()
        torch.manual_seed(0)
        KINDS[kind](folder)
    return folder


def unet(channels: int) -> Any:
    return diffusers.UNet2DConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=8,
        in_channels=channels,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=4,
        norm_num_groups=8,
    )


def vae() -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64,
    )


def text_encoder(projected: bool = False) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    words = CLIPTextConfig(**CLIP, vocab_size=600, max_position_embeddings=77, projection_dim=32)
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(words)


def clip_tokenizer() -> Any:
    """Every byte is a word of its own: no merges, no download."""
    from transformers import CLIPTokenizer

    letters = sorted(set(_bytes_as_letters()))
    words = [*letters, *(f"{c}</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={w: i for i, w in enumerate(words)}, merges=[], model_max_length=77)


def qwen_tokenizer() -> Any:
    from transformers import Qwen2Tokenizer

    words = [*sorted(set(_bytes_as_letters())), "<|endoftext|>"]
    tokenizer = Qwen2Tokenizer(vocab={w: i for i, w in enumerate(words)}, merges=[])
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    return tokenizer


def _bytes_as_letters() -> list[str]:
    """The 256 letters that byte-level tokenizers write bytes with (GPT-2's table)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(b) for b in plain] + [chr(256 + n) for n in range(256 - len(plain))]


def clip_images() -> Any:
    from transformers import CLIPImageProcessor

    return CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})


def safety_checker() -> Any:
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    eyes = CLIP | {"image_size": 32, "patch_size": 8}
    checker = StableDiffusionSafetyChecker(CLIPConfig(text_config=dict(CLIP), vision_config=eyes, projection_dim=32))
    for thresholds in (checker.concept_embeds_weights, checker.special_care_embeds_weights):
        thresholds.data.fill_(2.0)  # of a cosine
    return checker
