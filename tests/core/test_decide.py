"""What a slot shows follows from the facts that count, and from nothing else."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.core.decide import PERSON, Floor, Place, Policy, judge, settle
from mintage.core.recipe import Fact, Recipe, Sample, Slot, counting, maker_of

A, B = maker_of("a", {}), maker_of("b", {})
POLICY = Policy(
    stages=("words", "image", "score.s"),
    made_by={"words": "w", "image.scene": "a@1", "score.s": "s@1"},
    makers={"scene": A},
    floors=(Floor("s", "p", 0.5),),
    attempts=3,
)


class Life:
    """One attempt at a slot and what happened to it, fact after fact."""

    def __init__(self, attempt: int = 0, engine: str = "a") -> None:
        self.recipe = Recipe(Slot("dog", "scene", 0), attempt, (("dog", 1.0),), engine, {}, attempt)
        self.facts: list[Fact] = []

    def add(self, name: str, outcome: Any = "done", value: Any = None, about: str = "", **more: Any) -> "Life":
        newest = next((f.number for f in reversed(self.facts) if f.name == about), None)
        number = 100 * self.recipe.attempt + len(self.facts)
        self.facts.append(Fact(self.recipe.id, name, outcome, value, newest, number=number, **more))
        return self

    def words(self, outcome: Any = "done", made_by: str = "w", **more: Any) -> "Life":
        return self.add("words", outcome, {"prompt": "a dog"}, made_by=made_by, **more)

    def sent(self, ticket: str = "t") -> "Life":
        return self.add("image", "sent", {"ticket": ticket}, "words", made_by="a@1")

    def image(self, outcome: Any = "done", made_by: str = "a@1", **more: Any) -> "Life":
        return self.add("image", outcome, {"path": "x.png", "sha256": "0"}, "words", made_by=made_by, **more)

    def score(self, p: Any, made_by: str = "s@1", name: str = "s", **more: Any) -> "Life":
        return self.add(f"score.{name}", "done", {"p": p}, "image", made_by=made_by, **more)

    def made(self, p: float) -> "Life":
        return self.words().image().score(p)

    @property
    def sample(self) -> Sample:
        return Sample(self.recipe, counting(self.facts))


def place(*lives: Life, policy: Policy = POLICY, frozen: str | None = None) -> Place:
    return settle([life.sample for life in lives], policy, frozen)


def state(*lives: Life, **more: Any) -> str:
    found = place(*lives, **more)
    return f"due {found.due}" if found.state == "due" else found.state


# ── which facts count ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_newer_fact_replaces_the_older_of_its_name() -> None:
    facts = Life().words().image().score(0.1).score(0.9).facts
    assert counting(facts)["score.s"] is facts[-1]


def test_edited_words_drop_the_image_its_scores_and_what_was_said_of_it() -> None:
    life = Life().made(0.9).add("flag.people", value=True, about="image").add("boxes.d", value=[], about="image")
    assert set(life.words().sample.facts) == {"words"}


def test_a_new_image_drops_the_scores_of_the_old_one_and_keeps_the_words() -> None:
    assert set(Life().made(0.9).image().sample.facts) == {"words", "image"}


def test_what_stands_on_a_replaced_fact_falls_through_any_number_of_steps() -> None:
    life = Life().made(0.9)
    life.add("boxes.d", value=[], about="score.s").add("flag.f", about="boxes.d").add("note.n", about="flag.f")
    assert set(life.sample.facts) == {"words", "image", "score.s", "boxes.d", "flag.f", "note.n"}
    assert set(life.words().sample.facts) == {"words"}


def test_a_fact_about_one_that_no_longer_counts_never_counts() -> None:
    life = Life().made(0.9)
    late = replace(life.facts[2], number=50, value={"p": 0.2})  # a score of the first image, told after the second
    life.image()
    assert "score.s" not in counting([*life.facts, late])


def test_a_ticket_stands_beside_what_is_done_until_its_answer_comes() -> None:
    life = Life().words().image().sent("second")
    assert life.sample.facts["image"].outcome == "done"
    assert life.sample.facts["image:sent"].value == {"ticket": "second"}
    assert set(life.image().sample.facts) == {"words", "image"}


def test_a_newer_ticket_replaces_the_older_and_edited_words_drop_both() -> None:
    life = Life().words().sent("one").sent("two")
    assert life.sample.facts["image:sent"].value == {"ticket": "two"}
    assert set(life.words().sample.facts) == {"words"}


LEVELS = ("words", "image", "score.s", "flag.f")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), max_size=14))
def test_counting_is_what_the_rule_says_for_any_history(steps: list[tuple[int, int]]) -> None:
    facts: list[Fact] = []
    for number, (level, pick) in enumerate(steps, start=1):
        below = [f.number for f in facts if f.name == LEVELS[level - 1]] if level else []
        if below or not level:
            about = below[pick % len(below)] if level else None
            facts.append(Fact("r", LEVELS[level], "done", about=about, number=number))
    by_number = {f.number: f for f in facts}

    def counts(fact: Fact) -> bool:
        """A fact counts while the fact it is about counts and nothing newer of its name does."""
        newer = (f for f in facts if f.name == fact.name and f.number > fact.number)
        return (fact.about is None or counts(by_number[fact.about])) and not any(map(counts, newer))

    assert counting(facts) == {f.name: f for f in facts if counts(f)}


# ── one attempt ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_stages_are_due_one_after_the_other() -> None:
    life = Life()
    assert state(life) == "due words"
    assert state(life.words()) == "due image"
    assert state(life.image()) == "due score.s"
    assert state(life.score(0.9)) == "kept"


@pytest.mark.parametrize("outcome", ["done", "refused", "failed"])
def test_words_of_another_writer_are_due_while_nothing_was_made_from_them(outcome: str) -> None:
    assert state(Life().words(outcome, made_by="older")) == "due words"


@pytest.mark.parametrize("note", ["", "as an AI I cannot", "as attempt 0"])
def test_a_refusal_by_another_writer_is_asked_again_whatever_its_words(note: str) -> None:
    assert state(Life().words("refused", made_by="older", note=note)) == "due words"


def test_copied_words_stay_when_the_writer_changes() -> None:
    assert state(Life().words(made_by="older", note="as attempt 0")) == "due image"


def test_a_failed_image_of_another_version_is_due_again() -> None:
    assert state(Life().words().image("failed")) == "failed"
    assert state(Life().words().image("failed", made_by="a@0")) == "due image"
    assert state(Life().words(made_by="older").image("failed", made_by="a@0")) == "due words"


@pytest.mark.parametrize("then", ["sent", "done", "refused"])
def test_once_sent_or_made_words_and_image_stay_whatever_the_versions(then: str) -> None:
    life = Life().words(made_by="older")
    life = life.sent() if then == "sent" else life.image(then, made_by="a@0")
    assert state(life) == {"sent": "due image", "done": "due score.s", "refused": "open"}[then]


def test_scores_of_another_made_by_decide_nothing() -> None:
    for p in (0.1, 0.9):
        judged = judge(Life().words().image().score(p, made_by="s@0").sample, POLICY)
        assert (judged.state, judged.due, judged.score) == ("due", "score.s", None)


@pytest.mark.parametrize(("p", "expected"), [(0.5, "passed"), (0.49999, "rejected"), (float("nan"), "rejected")])
def test_a_floor_is_reached_by_the_number_itself_and_never_by_no_number(p: float, expected: str) -> None:
    assert judge(Life().made(p).sample, POLICY).state == expected


def test_a_floor_on_a_number_that_was_not_given_waits_for_retry_and_uses_up_no_attempt() -> None:
    life = Life().words().image().add("score.s", value={"q": 1.0}, about="image", made_by="s@1")
    judged = judge(life.sample, POLICY)
    assert (judged.state, judged.reason) == ("failed", "s gave no 'p'")


TWO = replace(
    POLICY,
    stages=(*POLICY.stages, "score.t"),
    made_by={**POLICY.made_by, "score.t": "t@1"},
    floors=(Floor("s", "p", 0.5), Floor("t", "p", 0.2)),
)


def test_the_score_shown_is_the_first_floors_and_never_another_scale() -> None:
    life = Life().words().image().score(0.9, "t@1", "t")
    assert judge(life.sample, TWO).score is None
    assert judge(life.score(0.6).sample, TWO).score == 0.6


def test_the_first_floor_that_was_missed_is_the_reason_once_all_scores_are_there() -> None:
    life = Life().words().image().score(0.1, note="most like: cat")
    assert judge(life.sample, TWO).due == "score.t"
    judged = judge(life.score(0.1, "t@1", "t").sample, TWO)
    assert (judged.state, judged.reason) == ("rejected", "s.p 0.1 is below 0.5 (most like: cat)")


def test_a_failed_score_waits_unless_another_one_rejects() -> None:
    life = Life().words().image().score(0.9)
    life.add("score.t", "failed", about="image", made_by="t@1", note="broken file")
    found = place(life, policy=TWO)
    assert (found.state, found.due, found.reason) == ("failed", "score.t", "score.t: broken file")
    assert judge(life.score(0.1).sample, TWO).state == "rejected"


# ── one slot ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_untouched_slot_is_open_and_wants_words() -> None:
    assert place() == Place("open")


def test_the_lowest_attempt_that_passes_fills_the_slot() -> None:
    found = place(Life(0).made(0.1), Life(1).made(0.8), Life(2).made(0.99))
    assert (found.state, found.at) == ("kept", 1)


def test_a_lower_floor_gives_the_slot_to_the_lowest_attempt_without_a_call() -> None:
    low = replace(POLICY, floors=(Floor("s", "p", 0.05),))
    assert place(Life(0).made(0.1), Life(1).made(0.8), policy=low).at == 0


def test_a_listed_attempt_keeps_its_slot_while_it_passes() -> None:
    lives = Life(0).made(0.9), Life(1).made(0.8)
    listed = lives[1].recipe.id
    assert place(*lives, frozen=listed).at == 1
    higher = replace(POLICY, floors=(Floor("s", "p", 0.85),))
    assert place(*lives, policy=higher, frozen=listed).at == 0


def test_a_listed_attempt_is_scored_first_when_the_scorer_changes_so_that_no_other_takes_its_slot() -> None:
    newer = replace(POLICY, made_by={**POLICY.made_by, "score.s": "s@2"})
    zero, one = Life(0).made(0.1), Life(1).made(0.8)
    listed = one.recipe.id
    found = place(zero, one, policy=newer, frozen=listed)
    assert (found.state, found.at, found.due) == ("due", 1, "score.s")
    one.score(0.7, "s@2")
    assert place(zero, one, policy=newer, frozen=listed).at == 1
    assert place(zero.score(0.9, "s@2"), one, policy=newer, frozen=listed).at == 1


def test_what_does_not_pass_is_tried_again_with_the_same_words_until_no_attempt_is_left() -> None:
    found = place(Life(0).made(0.1), Life(1).made(0.2))
    assert (found.state, found.next_words) == ("open", False)
    found = place(Life(0).made(0.1), Life(1).made(0.2), Life(2).made(0.3))
    assert found.state == "given_up"
    assert found.reason == "3 attempts; the last: s.p 0.3 is below 0.5"


def test_two_refusals_give_a_slot_up_and_one_asks_for_new_words() -> None:
    refused = Life(0).words().image("refused", note="not allowed")
    found = place(refused)
    assert (found.state, found.next_words, found.refusals) == ("open", True, 1)
    words = Life(1).words("refused", note="no")
    assert place(refused, words).state == "given_up"
    assert place(Life(0).made(0.1), refused, policy=replace(POLICY, attempts=9)).next_words


def test_a_failure_waits_and_uses_up_no_attempt() -> None:
    tried = [Life(n).made(0.1) for n in range(2)]
    failing = Life(2).words().image("failed", note="out of memory")
    found = place(*tried, failing)
    assert (found.state, found.at, found.due, found.reason) == ("failed", 2, "image", "out of memory")
    assert state(*tried, failing.image().score(0.1)) == "given_up"
    assert state(*tried, failing.image().score(0.9)) == "kept"


def test_a_failure_behind_the_last_attempt_of_a_full_count_still_waits() -> None:
    assert state(Life(0).made(0.1), Life(1).words("failed"), policy=replace(POLICY, attempts=1)) == "failed"


def test_attempts_are_counted_per_maker() -> None:
    other = replace(POLICY, makers={"scene": B})
    lives = [Life(n).made(0.1) for n in range(3)]
    assert state(*lives) == "given_up"
    found = place(*lives, policy=other)
    assert (found.state, found.next_words) == ("open", True)
    more = [*lives, *(Life(n, "b").made(0.2) for n in (3, 4))]
    assert state(*more, policy=other) == "open"
    assert state(*more, Life(5, "b").made(0.3), policy=other) == "given_up"
    assert state(*more) == "given_up"


def test_more_attempts_take_a_given_up_slot_up_again_unless_it_was_refused_twice() -> None:
    more = replace(POLICY, attempts=4)
    assert state(*(Life(n).made(0.1) for n in range(3)), policy=more) == "open"
    refused = [Life(n).words().image("refused") for n in range(2)]
    assert state(*refused, policy=more) == "given_up"
    assert state(*refused, policy=replace(POLICY, makers={"scene": B})) == "open"


def test_an_image_by_an_earlier_engine_fills_its_slot_and_again_ignores_it() -> None:
    other = replace(POLICY, makers={"scene": B})
    assert state(Life().made(0.9), policy=other) == "kept"
    again = replace(other, again=True)
    assert state(Life().made(0.9), policy=again) == "open"
    assert state(Life().made(0.9), policy=again, frozen=Life().recipe.id) == "open"
    found = place(Life().made(0.9), Life(1, "b").made(0.9), policy=again)
    assert (found.state, found.at) == ("kept", 1)


def test_an_earlier_engines_recipe_that_was_never_sent_is_left_for_one_of_the_present_engine() -> None:
    other = replace(POLICY, makers={"scene": B})
    for life in (Life(), Life().words(), Life().words().image("failed", made_by="a@1")):
        assert state(life, policy=other) == "open"


def test_an_earlier_engines_image_is_scored_and_its_ticket_is_answered_before_anything_new() -> None:
    other = replace(POLICY, makers={"scene": B})
    assert state(Life().words().image(), policy=other) == "due score.s"
    assert state(Life().words().sent(), policy=other) == "due image"


def test_a_failed_score_of_an_earlier_engines_image_waits_as_any_other() -> None:
    other = replace(POLICY, makers={"scene": B})
    life = Life().words().image().add("score.s", "failed", about="image", made_by="s@1", note="unreadable")
    found = place(life, policy=other)
    assert (found.state, found.due) == ("failed", "score.s")


# ── any history ─────────────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    found = []
    for attempt in range(draw(st.integers(0, 5))):
        life = Life(attempt, draw(st.sampled_from("aab")))
        for _ in range(draw(st.integers(0, 4))):
            outcome = draw(st.sampled_from(["done", "done", "refused", "failed"]))
            step = draw(st.sampled_from(["words", "image", "sent", "score"]))
            if step == "words":
                by = draw(st.sampled_from(["w", "older", PERSON]))
                life.words("done" if by == PERSON else outcome, by)
            elif step == "sent":
                life.sent()
            elif step == "image":
                life.image(outcome, draw(st.sampled_from(["a@1", "a@0"])))
            else:
                life.score(draw(st.sampled_from([0.1, 0.5, 0.9])), draw(st.sampled_from(["s@1", "s@0"])))
        found.append(life)
    return found


policies = st.builds(
    lambda attempts, maker, again, floor: replace(
        POLICY, attempts=attempts, makers={"scene": maker}, again=again, floors=(Floor("s", "p", floor),)
    ),
    st.integers(1, 4),
    st.sampled_from([A, B]),
    st.booleans(),
    st.sampled_from([0.0, 0.5, 0.95]),
)


@settings(max_examples=150)
@given(lives(), policies, st.integers(0, 5), st.randoms(use_true_random=False))
def test_settling_is_pure_and_other_facts_and_their_order_make_no_difference(
    found: list[Life], policy: Policy, listed: int, random: Any
) -> None:
    samples = [life.sample for life in found]
    frozen = samples[listed].id if listed < len(samples) else None
    before = deepcopy(samples)
    place = settle(samples, policy, frozen)
    assert settle(samples, policy, frozen) == place
    assert samples == before
    noisy = []
    for life in found:
        for name in ("flag.people", "boxes.d", "review.me", "score.unknown"):
            life.add(name, value={"p": 0.0}, about="image", made_by="x")
        facts = list(life.sample.facts.items())
        random.shuffle(facts)
        noisy.append(Sample(life.recipe, dict(facts)))
    assert settle(noisy, policy, frozen) == place


def filling(samples: Sequence[Sample], policy: Policy) -> list[int]:
    """The attempts that pass and may fill the slot."""
    maker = policy.makers["scene"]
    passed = [i for i, s in enumerate(samples) if judge(s, policy).state == "passed"]
    return [i for i in passed if samples[i].recipe.maker == maker or not policy.again]


@settings(max_examples=250)
@given(lives(), policies, st.integers(0, 5))
def test_in_any_history_one_attempt_fills_a_slot_and_the_rules_say_which(
    found: list[Life], policy: Policy, listed: int
) -> None:
    samples = [life.sample for life in found]
    frozen = samples[listed].id if listed < len(samples) else None
    place = settle(samples, policy, frozen)
    able = filling(samples, policy)
    mine = [(s, j) for s, j in zip(samples, place.judgements, strict=True) if s.recipe.maker == policy.makers["scene"]]
    own = [j for _, j in mine]
    used = sum(j.state in ("refused", "rejected") for j in own)
    refused = sum(j.state == "refused" and s.facts["words"].made_by in ("w", PERSON) for s, j in mine)
    if place.state == "kept":
        assert place.at == (listed if listed in able else able[0])
    elif place.state == "due":
        assert place.at is not None
        assert place.judgements[place.at].due == place.due != ""
        assert all(i > place.at for i in able) or samples[place.at].id == frozen
    else:
        assert not able
    if place.state == "given_up":
        assert refused >= 2 or used >= policy.attempts
    if place.state == "open":
        assert refused < 2
        assert used < policy.attempts
        assert not (own and own[-1] is place.judgements[-1] and own[-1].state == "failed")
    if place.state == "failed":
        assert place.judgements[-1].state == "failed"


@given(lives(), policies)
def test_more_attempts_or_a_lower_floor_never_empty_a_slot(found: list[Life], policy: Policy) -> None:
    samples = [life.sample for life in found]
    if settle(samples, policy).state == "kept":
        assert settle(samples, replace(policy, attempts=9)).state == "kept"
        assert settle(samples, replace(policy, floors=(Floor("s", "p", 0.0),))).state == "kept"


def test_a_policy_survives_json_and_equal_ones_have_one_digest() -> None:
    import json
    from dataclasses import asdict

    again = Policy.from_dict(json.loads(json.dumps(asdict(TWO))))
    assert again == TWO
    assert again.digest() == TWO.digest() != POLICY.digest()


# ── words by a person ───────────────────────────────────────────────────────────────────────────────────────────────


def test_edited_words_are_due_an_image_by_the_same_recipe_whatever_the_writer_says_now() -> None:
    life = Life().made(0.9).words(made_by=PERSON)
    assert state(life) == "due image"
    assert state(life, policy=replace(POLICY, made_by={**POLICY.made_by, "words": "newer"})) == "due image"
    assert state(life.image("failed", made_by="a@0")) == "due image"


def test_words_that_were_put_back_stay_when_the_writer_changed_meanwhile() -> None:
    life = Life().words(made_by="older").words(made_by=PERSON).words(made_by="older", note="put back")
    assert state(life) == "due image"


def test_an_image_of_edited_words_that_does_not_pass_is_tried_again_with_the_same_words() -> None:
    life = Life().made(0.9).words(made_by=PERSON).image().score(0.1)
    found = place(life)
    assert (found.state, found.at, found.next_words) == ("open", 0, False)
    copied = Life(1).words(made_by=PERSON, note="as attempt 0")
    assert state(life, copied) == "due image"
    found = place(life, copied.image().score(0.1))
    assert (found.at, found.next_words) == (1, False)


def test_after_a_refusal_of_edited_words_the_writer_words_the_next_attempt() -> None:
    life = Life().words(made_by=PERSON).image("refused")
    found = place(life)
    assert (found.state, found.next_words, found.refusals) == ("open", True, 1)
    assert place(life, Life(1).made(0.1)).at == 1
    assert state(life, Life(1).words().image("refused")) == "given_up"


def test_an_edit_takes_back_a_refusal_and_opens_a_slot_that_was_given_up() -> None:
    zero, one = Life(0).words().image("refused"), Life(1).words().image("refused")
    assert state(zero, one) == "given_up"
    assert state(zero, one.words(made_by=PERSON)) == "due image"
    assert state(zero, one.image("refused")) == "given_up", "what a person said and was refused counts as any other"


def test_edited_words_of_an_earlier_engines_attempt_are_those_of_the_next_one() -> None:
    other = replace(POLICY, makers={"scene": B})
    zero = Life(0).made(0.9).words(made_by=PERSON)
    found = place(zero, policy=other)
    assert (found.state, found.at, found.next_words) == ("open", 0, False)
    late = Life(0).made(0.1)
    one = Life(1).made(0.1)
    late.facts.append(Fact(late.recipe.id, "words", "done", {"prompt": "x"}, made_by=PERSON, number=500))
    found = place(late, one, policy=other)
    assert (found.state, found.at, found.next_words) == ("open", 0, False), "the newest words are on attempt 0"


@given(lives(), policies, st.integers(0, 5), st.sampled_from(["newer", "w", "older"]))
def test_in_any_history_an_edit_is_never_worded_anew_and_never_older_than_its_image(
    found: list[Life], policy: Policy, at: int, writer: str
) -> None:
    if at >= len(found):
        return
    life = found[at]
    life.facts = [f for f in life.facts if f.name == "words" or f.about is not None]  # no image comes before its words
    life.facts.append(Fact(life.recipe.id, "words", "done", {"prompt": "mine"}, made_by=PERSON, number=1000))
    now = replace(policy, made_by={**policy.made_by, "words": writer})
    place = settle([one.sample for one in found], now)
    assert set(life.sample.facts) == {"words"}, "nothing that stood on the old words counts"
    assert place.judgements[at].due == "image"
    if place.state == "open":
        assert (place.at, place.next_words) == (at, False)
    if place.state == "kept":
        assert place.at != at
