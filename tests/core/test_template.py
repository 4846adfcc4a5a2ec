"""A user's sentence: its places, and every mistake in it at once."""

from mintage.core.template import parts, places, template_mistakes

AXES = ["environment", "style", "time of day"]


def test_places_come_in_order_and_once() -> None:
    template = "a {style} of a { class } {environment}, {style}"
    assert places(template) == ["style", "class", "environment"]
    assert parts("x {class} y") == [("x ", "class"), (" y", "")]
    assert "".join(text + (f"{{{place}}}" if place else "") for text, place in parts("a{b}{c} d")) == "a{b}{c} d"


def test_a_right_sentence_has_no_mistakes() -> None:
    assert template_mistakes("a {style} of a {class} {environment} at {time of day}", AXES) == []
    assert template_mistakes("", AXES) == []


def test_an_unknown_place_names_the_nearest_axis() -> None:
    (problem,) = template_mistakes("a {stile} of a {class}", AXES)
    assert "'stile'" in problem.found
    assert "style" in problem.expected
    assert problem.type_this == "{style}"
    assert problem.where == "template"


def test_a_sentence_without_its_class_is_told_what_to_type() -> None:
    (problem,) = template_mistakes("a {style} of a dog", AXES)
    assert "{class}" in problem.found
    assert template_mistakes(problem.type_this, AXES) == []


def test_a_misspelt_class_is_one_mistake() -> None:
    (problem,) = template_mistakes("a {style} of a {clas}", AXES)
    assert problem.type_this == "{class}"


def test_all_mistakes_come_at_once() -> None:
    found = template_mistakes("a {style of a {class} {envronment} {} }", AXES)
    said = "\n".join(str(p) for p in found)
    assert "character 3" in said
    assert "character 39" in said
    assert "'envronment'" in said
    assert "has no name" in said
    assert len(found) == 4
