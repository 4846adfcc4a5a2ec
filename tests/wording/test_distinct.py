"""Near-duplicates among prompts, class and attribute words taken out."""

import random

from hypothesis import given
from hypothesis import strategies as st

from mintage.core.passing import Brief
from mintage.wording.distinct import ALIKE, Words, distinctness, first_alike, residual


def words(text: str) -> Words:
    return residual(Brief(""), text)


def test_words_of_class_and_attributes_do_not_make_prompts_distinct() -> None:
    one = residual(Brief("dog", {"place": "on grass"}), "A dog running on grass, photo")
    two = residual(Brief("cat", {"place": "on a beach"}), "A cat running on a beach, photo", ["kitten"])
    assert {w for w, _ in one} == {"a", "running", "photo"} and {w for w, _ in two} == {"running", "photo"}
    assert distinctness([one, residual(Brief("cat", {"place": "on snow"}), "A cat running on snow, photo")]) == 0.5


def test_templates_are_near_duplicates_and_sentences_of_their_own_are_not() -> None:
    alike = [words(f"a calm wide photo of it in soft morning light with fine detail {n}") for n in "abcdef"]
    apart = [words("jumping over a fence"), words("asleep beside its bowl"), words("seen from far above the river")]
    assert first_alike([*alike, *apart]) == [0] * 6 + [6, 7, 8]
    assert distinctness([*alike, *apart]) == 4 / 9
    assert distinctness([]) == 1


def test_prompts_of_class_and_attributes_alone_are_alike() -> None:
    assert first_alike([words(""), words("far"), words("")]) == [0, 1, 0]


@given(st.lists(st.frozensets(st.tuples(st.sampled_from("abcdefghij"), st.integers(0, 1)), max_size=12), max_size=25))
def test_the_join_finds_what_comparing_every_pair_finds(sets: list[Words]) -> None:
    expected: list[int] = []
    for at, one in enumerate(sets):
        leaders = [i for i, first in enumerate(expected) if first == i]
        expected.append(next((i for i in leaders if _overlap(one, sets[i]) >= ALIKE), at))
    assert first_alike(sets) == expected


def _overlap(one: Words, two: Words) -> float:
    return len(one & two) / len(one | two) if one | two else 1.0


def test_the_order_of_words_in_memory_makes_no_difference() -> None:
    texts = [f"word{random.Random(n).randrange(9)} and more of it {n % 4}" for n in range(200)]
    assert first_alike([words(t) for t in texts]) == first_alike([frozenset(sorted(words(t))) for t in texts])
