from hypothesis import given
from hypothesis import strategies as st

from outreach.evaluation.masking import SMALLEST, masked


def test_four_people_are_not_shown_and_five_are() -> None:
    assert masked({"a": 4, "b": 3, "c": 5, "d": 0}) == {"a": None, "b": None, "c": 5, "d": 0}


def test_one_alone_could_be_worked_out_from_the_total() -> None:
    assert masked({"a": 2, "b": 70, "c": 9, "d": 0}) == {"a": None, "b": 70, "c": None, "d": 0}


def test_a_single_small_group_has_no_other_to_hide_behind() -> None:
    assert masked({"a": 2, "b": 0}) == {"a": None, "b": 0}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 12), max_size=6))
def test_no_small_group_is_shown_and_none_is_hidden_alone(groups: dict[str, int]) -> None:
    shown = masked(groups)
    assert set(shown) == set(groups)
    assert all(count is None or count == 0 or count >= SMALLEST for count in shown.values())
    hidden = [name for name, count in shown.items() if count is None]
    others = [name for name, count in groups.items() if count and name not in hidden]
    assert len(hidden) != 1 or not others
