"""Words as values: what each kind of parameter and field reads, and what it says of the words that it cannot read."""

import pytest

from xe_py import classes, operations
from xe_py.errors import Failure, Misuse
from xe_py.schema.fields import BareInt, Bool, Choice, Field, Float, Int, Size

KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40

# Sizes

SIZES = {
    "0": 0,
    "1000": 1000,
    "+5": 5,
    "007": 7,
    "1_000": 1000,
    "1_0__0_": 100,
    "1b": 1,
    "1 B": 1,
    "3bytes": 3,
    "3 BYTES": 3,
    "1k": KIB,
    "1KB": KIB,
    "1kib": KIB,
    "1m": MIB,
    "1Mb": MIB,
    "1MIB": MIB,
    "10g": 10 * GIB,
    "10GB": 10 * GIB,
    "10   GiB": 10 * GIB,
    "10\tGiB": 10 * GIB,
    "1T": TIB,
    "1tb": TIB,
    "1TiB": TIB,
    "10 GiB foo": 10 * GIB,
    "10GB x": 10 * GIB,
    "10GB für": 10 * GIB,
    "1 k b": KIB,
    "9223372036854775807": (1 << 63) - 1,
    "9223372036854775807k": -1024,
    "16777216TiB": 0,
    "8388608TiB": -(1 << 63),
}
NO_SIZES = ("", "-1", "+", " 5", "1.5GiB", "1e3", "0x10", "_1", "b", "GiB", "1byte", "1p", "1eib", "1 foo", "10GBx")
NO_SIZES += ("9223372036854775808", "9" * 5000, "++1", "+-1", "٣", "1\u212aiB", "1\u00a0k")

SIZED_PARAMETERS = {
    "vdi-create": ["virtual-size"],
    "vdi-resize": ["disk-size"],
    "sr-create": ["physical-size"],
    "vm-memory-set": ["memory"],
    "vm-memory-target-set": ["target"],
    "vm-memory-limits-set": ["static-min", "static-max", "dynamic-min", "dynamic-max"],
    "vm-memory-static-range-set": ["min", "max"],
    "vm-memory-dynamic-range-set": ["min", "max"],
    "state-init": ["memory", "disk"],
}


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_a_size_has_a_suffix_in_any_case(text: str, size: int) -> None:
    assert Size("virtual-size").parse(text) == Size("virtual-size").parse_word(text) == size


@pytest.mark.parametrize("text", NO_SIZES)
def test_what_is_no_size_is_refused_by_name_and_value(text: str) -> None:
    assert said(Size("virtual-size"), text) == (
        "Error: Failed to parse field 'virtual-size': "
        f"expecting an integer (possibly with suffix KiB, MiB, GiB, TiB), got '{text}'"
    )


def test_these_parameters_are_sizes_and_no_others() -> None:
    found = {
        command.name: [parameter.name for parameter in command.parameters() if isinstance(parameter, Size)]
        for command in operations.declared().values()
    }
    assert {name: sizes for name, sizes in found.items() if sizes} == {
        name: sizes for name, sizes in SIZED_PARAMETERS.items() if name in operations.declared()
    }


def test_these_fields_are_set_as_sizes_and_no_others() -> None:
    assert {(cls, field.name) for cls, field in settable() if isinstance(field, Size)} == {
        ("vm", f"memory-{kind}-{end}") for kind in ("static", "dynamic") for end in ("min", "max")
    }


# Whole numbers

INTEGERS = {
    "0": 0,
    "-1": -1,
    "+3": 3,
    "1_0": 10,
    "0xff": 255,
    "0XFF": 255,
    "-0x10": -16,
    "0o17": 15,
    "0b101": 5,
    "0u7": 7,
    "0xffffffffffffffff": -1,
    "9223372036854775807": (1 << 63) - 1,
    "-9223372036854775808": -(1 << 63),
}
NO_INTEGERS = ("", "-", "many", "1.0", " 1", "1 ", "_1", "0x", "0x_1", "0b12", "1k", "--1", "٣")
NO_INTEGERS += ("9223372036854775808", "-9223372036854775809", "0x1ffffffffffffffff", "9" * 5000)
INTERNAL = {
    ("network", "MTU"),
    ("pool", "ha-host-failures-to-tolerate"),
    ("pool", "ext-auth-cache-size"),
    ("pool", "ext-auth-cache-expiry"),
}


@pytest.mark.parametrize(("text", "number"), INTEGERS.items())
def test_a_whole_number_is_read_as_ocaml_reads_it(text: str, number: int) -> None:
    assert Int("order").parse(text) == number
    assert Int("order").accepts(number)


@pytest.mark.parametrize("text", NO_INTEGERS)
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    assert said(Int("order"), text) == "Error: Failed to parse parameter 'order': expecting an integer"
    with pytest.raises(Failure) as caught:
        BareInt("MTU").parse(text)
    assert (caught.value.code, caught.value.values) == ("INTERNAL_ERROR", ("Failure: Int64.of_string",))


def test_the_fields_that_the_real_xe_reads_unchecked() -> None:
    assert {(cls, field.name) for cls, field in settable() if isinstance(field, BareInt)} == INTERNAL


# Booleans

MUST_BE = {
    "pool": {
        "ha-allow-overcommit",
        "ha-reboot-vm-on-internal-shutdown",
        "wlb-enabled",
        "wlb-verify-cert",
        "igmp-snooping-enabled",
        "migration-compression",
        "coordinator-bias",
        "https-only",
        "auto-update-vm-secureboot-certificates",
        "ext-auth-cache-enabled",
    },
    "vm": {"ha-always-run"},
    "vdi": {"allow-caching"},
    "host": {"https-only"},
}


def settable() -> list[tuple[str, Field]]:
    """The fields that param-set may set, each with its class."""
    return [
        (cls.name, getattr(field, "setting", field))
        for cls in classes.sections()
        for field in cls.fields
        if field.mode == "RW" and not field.hidden
    ]


def said(field: Field, text: str, *, word: bool = False) -> str:
    """What is said of a word that is set on the field, or given to a command."""
    with pytest.raises(Misuse) as caught:
        (field.parse_word if word else field.parse)(text)
    return caught.value.text


@pytest.mark.parametrize(
    ("cls", "field"),
    [(cls, field) for cls, field in settable() if isinstance(field, Bool)],
    ids=lambda part: getattr(part, "name", part),
)
def test_a_boolean_field_is_exactly_true_or_false(cls: str, field: Field) -> None:
    assert (field.parse("true"), field.parse("false")) == (True, False)
    text = (
        f"Error: Parameter {field.name} must be a boolean (true or false)"
        if field.name in MUST_BE.get(cls, ())
        else f"Error: Failed to parse parameter '{field.name}': expecting a boolean (true or false)"
    )
    for word in ("", "yes", "1", "True", "TRUE", "t", "perhaps"):
        assert said(field, word) == text


@pytest.mark.parametrize("word", ["true", "t", "yes", "y", "1", "TRUE", "Yes", "T"])
def test_a_command_takes_more_words_for_yes_and_no(word: str) -> None:
    assert Bool("force").parse_word(word) is True


@pytest.mark.parametrize("word", ["false", "f", "no", "n", "0", "FALSE", "No"])
def test_and_for_no(word: str) -> None:
    assert Bool("force").parse_word(word) is False


@pytest.mark.parametrize("word", ["", "perhaps", "2", " true"])
def test_other_words_are_refused_with_what_was_expected(word: str) -> None:
    expected = "true, t, yes, y, 1, false, f, no, n, 0"
    assert said(Bool("force"), word, word=True) == (
        f"Error: Failed to parse parameter 'force': expecting {expected}, got '{word}'"
    )


# Words of a few

OWN_TEXTS = {
    ("vm", "domain-type"): "Error: Invalid domain type. Got perhaps",
    ("bond-create", "mode"): "Error: Invalid bond mode. Got perhaps",
    ("bond-set-mode", "mode"): "Error: Invalid bond mode. Got perhaps",
    ("vbd-create", "type"): "Error: Unknown type: PerHaps (it is Disk, CD or Floppy)",
    ("vbd-create", "mode"): "Error: Unknown mode: PerHaps (it is RO or RW)",
    ("vdi-create", "type"): "Error: Unknown vdi type: PerHaps",
    ("vdi-introduce", "type"): "Error: Unknown vdi type: PerHaps",
}
EXACT = {("vdi-create", "type"), ("vdi-introduce", "type")}
CHOICES = [(cls, field) for cls, field in settable() if isinstance(field, Choice)] + [
    (command.name, parameter)
    for command in operations.declared().values()
    for parameter in command.parameters()
    if isinstance(parameter, Choice)
]


@pytest.mark.parametrize(("owner", "field"), CHOICES, ids=lambda part: getattr(part, "name", part))
def test_a_choice_is_read_in_any_case_and_says_what_it_expects(owner: str, field: Choice) -> None:
    listed = ", ".join(f"'{option}'" for option in field.options)
    text = OWN_TEXTS.get((owner, field.name), f"Error: Expected one of {listed}, got perhaps")
    assert said(field, "PerHaps") == text
    for option in field.options:
        assert field.parse(option) == option
        if (owner, field.name) not in EXACT:
            assert field.parse(option.upper()) == field.parse(option.lower()) == option
        else:
            said(field, option.upper())


def test_a_bond_without_a_mode_has_the_usual_one() -> None:
    command = operations.find("bond-set-mode")
    assert command is not None
    assert next(each for each in command.parameters() if each.name == "mode").parse_word("") == "balance-slb"


# Numbers with a fraction


@pytest.mark.parametrize(("text", "number"), [("1", 1.0), ("1.5", 1.5), ("1e3", 1000.0), ("-2", -2.0)])
def test_a_number_with_a_fraction(text: str, number: float) -> None:
    assert Float("HVM-shadow-multiplier").parse(text) == number


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "1e400"])
def test_what_is_none_is_refused(text: str) -> None:
    assert said(Float("HVM-shadow-multiplier"), text) == (
        "Error: Parameter HVM-shadow-multiplier must be a floating-point number"
    )
