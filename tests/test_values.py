"""Words of the command line as values: sizes, numbers, truths and choices, as xe reads them and with its refusals."""

import pytest

from xe_py import classes, operations
from xe_py.errors import Failure, Misuse
from xe_py.schema.command import WORDS
from xe_py.schema.fields import Bool, Choice, Field, Int
from xe_py.schema.numbers import decimal_of, integer_of, size_of
from xe_py.schema.values import BareInt, ExactChoice, Size

KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40
# Where xe refuses a truth that is none with the older of its sentences.
MUST_BE = {
    ("pool", name)
    for name in (
        "ha-allow-overcommit", "ha-reboot-vm-on-internal-shutdown", "wlb-enabled", "wlb-verify-cert",
        "igmp-snooping-enabled", "migration-compression", "coordinator-bias", "https-only",
        "auto-update-vm-secureboot-certificates", "ext-auth-cache-enabled",
    )
} | {("vm", "ha-always-run"), ("vdi", "allow-caching"), ("host", "https-only")}  # fmt: skip
BARE = {
    ("network", "MTU"),
    ("pool", "ha-host-failures-to-tolerate"),
    ("pool", "ext-auth-cache-size"),
    ("pool", "ext-auth-cache-expiry"),
}
SIZES = {
    "virtual-size", "disk-size", "physical-size", "memory", "target", "total", "min", "max", "static-min", "static-max",
    "dynamic-min", "dynamic-max", "disk", "size", "initial-allocation", "allocation-quantum",
}  # fmt: skip
SETTABLE = [(cls.name, field) for cls in classes.everything() for field in cls.fields if field.has_setter]
PARAMETERS = [
    (command.name, field)
    for command in map(operations.find, operations.names())
    if command is not None and command.kind.gets != WORDS
    for field in command.parameters()
]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("1", 1), ("10b", 10), ("10B", 10), ("10bytes", 10), ("10 Bytes", 10),
        ("1k", KIB), ("1K", KIB), ("1kb", KIB), ("1KB", KIB), ("1kib", KIB), ("1KiB", KIB),
        ("2m", 2 * MIB), ("2MB", 2 * MIB), ("2MiB", 2 * MIB), ("10G", 10 * GIB), ("10GB", 10 * GIB), ("10gib", 10 * GIB),
        ("1T", TIB), ("1tb", TIB), ("1TIB", TIB), ("10  GiB", 10 * GIB), ("10 GiB foo", 10 * GIB), ("10GB x", 10 * GIB),
        ("1 k b", KIB), ("+5", 5), ("007", 7), ("1_000", 1000), ("1__0_", 10), ("9223372036854775807", (1 << 63) - 1),
        ("9223372036854775807k", -KIB), ("16777216T", 0), ("9223372036854775808", None), ("-1", None), ("", None),
        (" 1", None), ("_1", None), ("1.5GiB", None), ("1e3", None), ("0x10", None), ("10byte", None), ("1p", None),
        ("1eib", None), ("x", None), ("1kibb", None), ("٣", None), ("1²", None), ("1\u00a0", 1), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_a_size_has_a_unit_in_any_spelling(text: str, size: int | None) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("-1", -1), ("+7", 7), ("0x1F", 31), ("0X1f", 31), ("-0x10", -16), ("0b101", 5), ("0o17", 15),
        ("1_000", 1000), ("0x7fffffffffffffff", (1 << 63) - 1), ("0xffffffffffffffff", -1),
        ("-9223372036854775808", -(1 << 63)), ("9223372036854775807", (1 << 63) - 1),
        ("9223372036854775808", None), ("0x1ffffffffffffffff", None), ("", None), ("-", None), ("0x", None),
        (" 1", None), ("1 ", None), ("1k", None), ("--1", None), ("_1", None), ("0x_1", None), ("1.0", None),
        ("٣", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_a_whole_number_has_64_bits(text: str, number: int | None) -> None:
    assert integer_of(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("9" * 5000, None), ("", None), ("-1", None),
        ("+1", None), ("1_0", None), (" 1", None), ("1.0", None), ("0x1", None), ("٣", None), ("²", None),
    ],
)  # fmt: skip
def test_a_plain_number_has_up_to_18_digits(text: str, number: int | None) -> None:
    assert decimal_of(text) == number


def refusal(field: Field, text: str, *, as_field: bool) -> str:
    """What is said of a word that is no value; empty if it is one."""
    try:
        (field.parse_field if as_field else field.parse)(text)
    except Misuse as refused:
        return refused.text
    except Failure as refused:
        return f"{refused.code}: {refused.values}"
    return ""


@pytest.mark.parametrize(("cls", "field"), SETTABLE, ids=[f"{cls} {field.name}" for cls, field in SETTABLE])
def test_a_word_for_a_field_is_exact(cls: str, field: Field) -> None:
    setting = getattr(field, "setting", field)
    if isinstance(setting, Bool):
        assert (setting.parse_field("true"), setting.parse_field("false")) == (True, False)
        said = (
            f"Error: Parameter {field.name} must be a boolean (true or false)"
            if (cls, field.name) in MUST_BE
            else f"Error: Failed to parse parameter '{field.name}': expecting a boolean (true or false)"
        )
        for text in ("yes", "1", "True", "t", "", "x"):
            assert refusal(field, text, as_field=True) == said
    elif isinstance(setting, Size):
        said = "expecting an integer (possibly with suffix KiB, MiB, GiB, TiB)"
        assert (
            refusal(field, "1.5GiB", as_field=True)
            == f"Error: Failed to parse field '{field.name}': {said}, got '1.5GiB'"
        )
        assert setting.parse_field("1G") == GIB
    elif isinstance(setting, BareInt):
        assert (cls, field.name) in BARE
        assert refusal(field, "many", as_field=True) == "INTERNAL_ERROR: ('Failure: Int64.of_string',)"
    elif isinstance(setting, Int):
        assert (cls, field.name) not in BARE
        said = f"Error: Failed to parse parameter '{field.name}': expecting an integer"
        assert {refusal(field, text, as_field=True) for text in ("many", "", "1k", " 1")} == {said}
        assert setting.parse_field("0x10") == 16
    elif isinstance(setting, Choice):
        option = setting.options[0]
        assert setting.parse_field(option.upper()) == setting.parse_field(option.lower()) == option
        said = refusal(field, "Nothing", as_field=True)
        assert said in {
            f"Error: Expected one of {', '.join(repr(option.lower()) for option in setting.options)}, got nothing",
            "Error: Invalid domain type. Got Nothing",
        }


@pytest.mark.slow
@pytest.mark.parametrize(("command", "field"), PARAMETERS, ids=[f"{name} {field.name}" for name, field in PARAMETERS])
def test_a_word_for_a_parameter_is_as_wide_as_xes(command: str, field: Field) -> None:  # noqa: ARG001 - it names the row
    if isinstance(field, Bool):
        for texts, truth in ((("true", "T", "yes", "Y", "1"), True), (("FALSE", "f", "no", "n", "0"), False)):
            assert [field.parse(text) for text in texts] == [truth] * 5
        said = f"Error: Failed to parse parameter '{field.name}': expecting true or false, got 'maybe'"
        assert refusal(field, "maybe", as_field=False) == said
    assert isinstance(field, Size) == (field.name in SIZES and not isinstance(field, (Bool, Choice)))
    if isinstance(field, ExactChoice):
        assert (
            refusal(field, field.options[0].upper(), as_field=False)
            == f"Error: Unknown vdi type: {field.options[0].upper()}"
        )
    elif isinstance(field, Choice):
        assert field.parse(field.options[0].upper()) == field.options[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bond-set-mode mode", "Error: Invalid bond mode. Got Nothing"),
        ("vbd-create mode", "Error: Unknown mode: Nothing (it must be RO or RW)"),
        ("vbd-create type", "Error: Unknown type: Nothing (it must be Disk, CD or Floppy)"),
        ("vdi-create type", "Error: Unknown vdi type: Nothing"),
        ("vdi-introduce type", "Error: Unknown vdi type: Nothing"),
        ("vm-create domain-type", "Error: Invalid domain type. Got Nothing"),
        ("pif-reconfigure-ip mode", "Error: Expected one of 'none', 'dhcp', 'static', got nothing"),
    ],
)
def test_some_choices_have_a_refusal_of_their_own(line: str, said: str) -> None:
    command, name = line.split()
    (field,) = [field for of, field in PARAMETERS if (of, field.name) == (command, name)]
    assert refusal(field, "Nothing", as_field=False) == said
