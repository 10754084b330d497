import pytest

from toolkit.errors import UsageError
from toolkit.evaluation.methods import choose

METHODS = {"input": 1, "afftdn": 2, "afftdn, told the level *": 3, "oracle *": 4}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ((), list(METHODS)),
        (("oracle,input",), ["input", "oracle *"]),
        (("afftdn, told the level, input",), ["input", "afftdn, told the level *"]),
        (("afftdn, told the level *", "afftdn"), ["afftdn", "afftdn, told the level *"]),
        (("input", "input"), ["input"]),
    ],
)
def test_names_are_found_in_the_suites_order(wanted, names):
    assert list(choose(METHODS, wanted)) == names


def test_unknown_names_get_the_nearest():
    with pytest.raises(UsageError, match="no method 'inputt'") as caught:
        choose(METHODS, ("oracle, inputt",))
    assert "did you mean 'input'" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        choose({}, ("input",))
    assert caught.value.hint == "there are: none"
