import pytest

from toolkit.errors import InputError, ResourceError, ToolkitError, UsageError


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [(ToolkitError, 1), (UsageError, 2), (InputError, 2), (ResourceError, 5)],
)
def test_every_error_carries_message_hint_and_exit_code(kind, exit_code):
    error = kind("no file x", "check the name")
    assert (str(error), error.message, error.hint) == ("no file x", "no file x", "check the name")
    assert error.exit_code == exit_code
    assert isinstance(error, ToolkitError)
    assert kind("only this").hint == ""


def test_input_errors_carry_a_stable_word():
    assert InputError("empty", code="E_EMPTY").code == "E_EMPTY"
    assert InputError("odd").code == "E_INPUT"
