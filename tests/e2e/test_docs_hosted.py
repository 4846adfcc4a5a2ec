"""What the pages about hosted models show of dataset.yaml and prices.yaml loads and can be planned; nobody is asked."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from tests.servers.comfy_nodes import workflow

import mintage

ROOT = Path(__file__).parents[2]
PAGES = ["hosted.md", "prices.md", "words-by-a-model.md", "comfyui.md"]


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


ALL = [(p, k) for p in ["README.md", *(f"docs/{name}" for name in PAGES)] for k in range(len(blocks(ROOT / p)))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything lies that a page takes for granted: a key, workflows, photos."""
    monkeypatch.setenv("OPENAI_API_KEY", "a-dummy")
    for name, verb in (("workflow", "text"), ("text", "text"), ("inpaint", "mask")):
        (tmp_path / f"{name}.json").write_text(json.dumps(workflow(verb)), encoding="utf-8")
    for k, place in enumerate(["photos/red", "photos/blue", "photos/lemon"]):
        (tmp_path / place).mkdir(parents=True)
        photo = Image.new("RGB", (96, 96), "white")
        ImageDraw.Draw(photo).ellipse((20, 20, 76, 76), (200 - 60 * k, 30, 40 * k))
        photo.save(tmp_path / place / "a.png")
    return tmp_path


def whole(block: str) -> str:
    """A dataset.yaml around a part of one."""
    if re.search("^name:", block, re.M):
        return block
    named = re.search(r"except: \{(\w+)", block)
    classes = "classes:\n  lemon: {images: 4, references: photos/lemon}\n"
    classes += "  chair: 4\n" if "typographic" in block else ""
    techniques = f"techniques: {{vanilla: 0.5, {named[1]}: 0.5}}\n" if named else ""
    return f"name: zoo\n{classes}{techniques}{block}"


@pytest.mark.parametrize(("page", "number"), ALL)
def test_what_a_page_shows_can_be_planned(page: str, number: int, folder: Path) -> None:
    block = blocks(ROOT / page)[number]
    if block.startswith("gpt-image"):
        (folder / "prices.yaml").write_text(block, encoding="utf-8")
        block = "make: {use: openai, model: house-model, base_url: https://models.example.org/v1, quality: high}\n"
        block += "budget: {dollars: 2}\n"
    if "places:" in block:
        named = json.dumps(workflow("text")).replace('"Prompt"', '"My words"').replace('"Seed"', '"KSampler"')
        (folder / "workflow.json").write_text(named, encoding="utf-8")
    (folder / "dataset.yaml").write_text(whole(block), encoding="utf-8")
    assert mintage.open(folder).plan()
