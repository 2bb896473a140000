"""The default templates of real hosts, as they stand in the database of a new pool.

Each release has a set of them; a template has the same uuid on every host. Most values follow from the kind of a
template, because the makers derive a template from a base. The table has the others.
"""

from __future__ import annotations

from zlib import crc32

from xe_py.xapi.memory import MIB
from xe_py.xapi.vm_settings import BIOS_ORDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_GIB = 1 << 30
NONE = "none"
DEFAULT_SET = "xcp-ng-8.3"
# A host has the templates of paravirtualised guests only if somebody installed their package.
_WITH_PV = "+pv"
_RELEASES = (DEFAULT_SET, "xcp-ng-9", "xenserver-8", "xenserver-9")
SETS = (*_RELEASES, *(name + _WITH_PV for name in _RELEASES), NONE)

_FOR = {
    "all": _RELEASES,
    "old": ("xcp-ng-8.3", "xenserver-8"),
    "new": ("xcp-ng-9", "xenserver-9"),
    "xcp": ("xcp-ng-8.3", "xcp-ng-9"),
    "xcp8": ("xcp-ng-8.3",),
}


# Kinds


class _Kind:
    """What the templates of one kind have in common.

    `description` says what they are for. `limits` are what the recommendations say beside the most memory.
    """

    __slots__ = ("config", "description", "fields", "limits")

    def __init__(
        self, description: str, fields: dict[str, Any], limits: dict[str, str], config: dict[str, str]
    ) -> None:
        self.description = description
        self.fields = fields
        self.limits = limits
        self.config = config


def _firmware(name: str, order: str) -> dict[str, Any]:
    return {"domain-type": "hvm", "HVM-boot-policy": BIOS_ORDER, "HVM-boot-params": {"firmware": name, "order": order}}


def _platform(secureboot: str, **others: str) -> dict[str, str]:
    known = {"nx": "true", "acpi": "1", "apic": "true", "pae": "true", "hpet": "true", "secureboot": secureboot}
    return {**known, **others}


def _boots(bios: str, uefi: str) -> dict[str, str]:
    return {"supports-bios": bios, "supports-uefi": uefi, "supports-secure-boot": uefi}


_LINUX_CONFIG = {"linux_template": "true", "install-methods": "cdrom,nfs,http,ftp"}
_LINUX_PLATFORM = {"vga": "std", "videoram": "8", "viridian": "false", "device_id": "0001"}
_LINUX = "For {}: install the VM with vm-install; a network repository is named in other-config:install-repository"
_PASS_THROUGH = {"allow-gpu-passthrough": "1", "allow-vgpu": "1", "allow-network-sriov": "1"}
_VIRIDIAN = ("time_ref_count", "reference_tsc", "apic_assist", "crash_ctl", "stimer")
_TWO_CPUS = {"VCPUs-max": 2, "VCPUs-at-startup": 2}


def _pv(args: str, **config: str) -> _Kind:
    return _Kind(
        "For {} as a paravirtual guest: install the VM with vm-install, then name the repository in "
        "other-config:install-repository",
        {
            "domain-type": "pv-in-pvh",
            "PV-bootloader": "eliloader",
            "PV-args": args,
            "platform": _platform("true"),
        },
        {"vcpus-max": "32"},
        _LINUX_CONFIG | {name.replace("_", "-"): text for name, text in config.items()},
    )


_KINDS = {
    "bios": _Kind(
        _LINUX,
        _firmware("bios", "cdn")
        | {"platform": _platform("false", **_LINUX_PLATFORM) | {"device-model": "qemu-upstream-compat"}},
        {"vcpus-max": "64", **_PASS_THROUGH, **_boots("yes", "no")},
        _LINUX_CONFIG,
    ),
    "uefi": _Kind(
        _LINUX,
        _firmware("uefi", "cdn") | {"platform": _platform("auto", **_LINUX_PLATFORM)},
        {"vcpus-max": "64", **_PASS_THROUGH, **_boots("yes", "yes")},
        _LINUX_CONFIG,
    ),
    "windows": _Kind(
        "For {}: the disk is made when a VM is installed from it; the settings are those that suit {}",
        _firmware("uefi", "cd")
        | _TWO_CPUS
        | {
            "generation-id": "0:0",
            "platform": _platform("auto")
            | {"cores-per-socket": "2", "device_id": "0002", "viridian": "true"}
            | {f"viridian_{name}": "true" for name in _VIRIDIAN}
            | {"vga": "std", "videoram": "8"},
        },
        {"has-vendor-device": "true", "vcpus-min": "2", "vcpus-max": "64", **_boots("yes", "yes")},
        {"install-methods": "cdrom"},
    ),
    "other": _Kind(
        "For any system that is installed from a CD or DVD",
        _firmware("bios", "cd") | {"platform": _platform("false", viridian="true")},
        {"vcpus-max": "64", **_boots("yes", "yes")},
        {"install-methods": "cdrom"},
    ),
    "el-5": _pv("graphical utf8", install_distro="rhlike", rhel5="true"),
    "el-6": _pv("graphical utf8", install_distro="rhlike", rhel6="true"),
    "sle11": _pv("console=ttyS0 xencons=ttyS", install_distro="sleslike", install_arch="x86_64"),
    "sle11i": _pv("console=ttyS0 xencons=ttyS", install_distro="sleslike", install_arch="i386"),
    "sle12": _pv("console=hvc0 xencons=hvc", install_distro="sleslike", install_arch="x86_64"),
}


# The table

# The uuid, the label, the kind; the least memory in MiB, the disk and the most memory in GiB; the releases; the name.
_TABLE = """
1d1fef56-2e79-49cb-97bb-ec5401096b0b almalinux-10 uefi 2048 15 1536 xcp8 AlmaLinux 10
7921d301-2bf2-4cf2-ba9a-612f16f04e65 alma-10 uefi 2048 10 1536 new AlmaLinux 10
77e57ea5-5688-4628-9e8e-235365518919 alma-8 uefi 2048 10 1536 new AlmaLinux 8
7aa32be8-a06c-4ade-8a1d-49e51e03e9d2 almalinux-8 bios 2048 10 1536 xcp8 AlmaLinux 8
09d6b4cc-dd4b-4619-aacb-01576ccd5b0f almalinux-9 bios 2048 15 1536 xcp8 AlmaLinux 9
6ff2c2f1-92af-4396-b117-a9cc2cc76aa4 alma-9 uefi 2048 10 1536 new AlmaLinux 9
0a21ac1d-b18f-469e-9fe7-8bb9d0291574 centos-6-32bit el-6 512 8 16 all CentOS 6 (32-bit)
15828343-5b0d-4b86-a2da-56278c3b8c68 centos-6-64bit el-6 512 8 128 all CentOS 6 (64-bit)
11fd3dc9-96cc-49af-b091-a2ca7e94c589 centos-7 bios 2048 10 1536 old CentOS 7
203103c5-f257-4ef6-ac59-f3e7184c8b1b centos-10 uefi 2048 10 1536 new CentOS Stream 10
203103c5-f257-4ef6-ac59-f3e7184c8b1b centos-10 uefi 2048 10 1536 old CentOS Stream 10 (preview)
6de5fcb6-aad9-42b6-8dce-865ae9b933f9 centos-stream-8 bios 2048 15 1536 xcp CentOS Stream 8
a3d70e4d-c5ac-4dfb-999b-30a0a7efe546 centos-9 bios 2048 10 1536 all CentOS Stream 9
07d91aaa-43f7-430a-bf84-0edb6714df0f debian-12 uefi 1024 10 1536 all Debian Bookworm 12
acfeecf4-4007-412b-8f13-6d61a6aee5bd debian-11 bios 512 10 1536 all Debian Bullseye 11
bac315b4-66fd-4488-82f5-9808e927b4b9 debian-10 bios 512 10 1536 old Debian Buster 10
0f690a2c-2bf3-4bde-b5b6-3fd236adbc88 debian-13 uefi 1024 10 1536 xcp Debian Trixie 13
dfbd1201-329f-4c87-9f0c-78a6f5270ba0 generic-linux-bios bios 1024 10 1536 xcp Generic Linux BIOS
b73b736f-8dee-4bbe-9380-30d1e1854958 generic-linux-uefi uefi 1024 10 1536 xcp Generic Linux UEFI
9340090e-90ca-11ea-ab10-2e858157d830 gooroom-2 bios 1024 10 1536 all Gooroom Platform 2.0
7279a78a-4756-4fc3-99f0-3e7694c0318f kylin-server-6-64bit el-6 512 8 128 all NeoKylin Linux Server 6 (64-bit)
7279a78a-4756-4fc3-99f0-3e7694c0319e kylin-server-7 bios 1024 10 1536 old NeoKylin Linux Server 7
3a332616-7410-4dc7-8d57-c12f5291c34b oel-5-32bit el-5 512 8 64 all Oracle Enterprise Linux 5 (32-bit)
b124ba5e-d512-4ef7-9827-e90a06f43a5c oel-5-64bit el-5 512 8 128 all Oracle Enterprise Linux 5 (64-bit)
71a59bef-0db4-4dd2-8f98-059dcbdab951 oel-6-32bit el-6 512 8 16 all Oracle Enterprise Linux 6 (32-bit)
28583880-aa0c-4a6b-ad96-8d71571ac505 oel-6-64bit el-6 512 8 128 all Oracle Enterprise Linux 6 (64-bit)
64310f80-396d-4096-bfae-3d2bdbb6e8b2 oel-10 uefi 2048 15 1536 xcp Oracle Linux 10
f873abe0-b138-4995-8f6f-498b423d234d oel-7 bios 2048 10 1536 old Oracle Linux 7
6959dfe8-534c-4c58-8a8c-3c3792293543 oel-8 uefi 2048 10 1536 all Oracle Linux 8
609d03e9-d7aa-448b-b9bf-9a3f7c613506 oel-9 bios 2048 15 1536 xcp Oracle Linux 9
552bce37-51b2-445d-84f2-5f33fa112d7e other-install-media other 128 0 128 all Other install media
4c89cac9-b59c-4727-b1d2-3449765b9b92 rhel-10 uefi 2048 15 1536 xcp8 Red Hat Enterprise Linux 10
7375046a-c05e-435b-9f04-5314a64e6a5e rhel-10 uefi 2048 10 1536 new Red Hat Enterprise Linux 10
e9881b99-9cbd-425a-9127-356c8d83a4ab rhel-5-32bit el-5 512 8 16 all Red Hat Enterprise Linux 5 (32-bit)
29792b3c-bb92-45ce-aae6-8e10bf864640 rhel-5-64bit el-5 512 8 128 all Red Hat Enterprise Linux 5 (64-bit)
62230644-0b4a-4a81-83b6-c6e354c06ef3 rhel-6-32bit el-6 512 8 16 all Red Hat Enterprise Linux 6 (32-bit)
b3427a33-41a9-49a8-9819-bfda075dc672 rhel-6-64bit el-6 512 8 128 all Red Hat Enterprise Linux 6 (64-bit)
03d30863-86a2-428e-94c8-88ddfcb8cd29 rhel-7 bios 2048 10 1536 old Red Hat Enterprise Linux 7
612863ed-900d-456d-b4b7-38b70915fd1f rhel-8 uefi 2048 10 1536 all Red Hat Enterprise Linux 8
6c91b878-5095-421e-a914-224b3bb1088c rhel-9 uefi 2048 10 1536 all Red Hat Enterprise Linux 9
651760be-61eb-42d2-b49b-6df2521266c5 rocky-10 uefi 2048 15 1536 xcp Rocky Linux 10
6ce77bf9-ab30-4a1a-a757-011b52d89997 rocky-8 uefi 2048 10 1536 all Rocky Linux 8
1a647cf9-99c1-4e9c-b3b4-6b9989c530be rocky-9 uefi 2048 15 1536 all Rocky Linux 9
57477bad-68b9-433c-bff5-bc026a1b5b30 sl-6-32bit el-6 512 8 16 all Scientific Linux 6 (32-bit)
50ea05dd-db33-41e4-ab69-47a1e7d4b978 sl-6-64bit el-6 512 8 128 all Scientific Linux 6 (64-bit)
4b116889-af64-42af-ba86-75dcb3cb7828 sl-7 bios 2048 10 1536 old Scientific Linux 7
b5915805-d800-459d-826a-322dc9cf07e2 sle-15-64bit uefi 1024 8 1536 all SUSE Linux Enterprise 15 (64-bit)
ebc94c1c-2532-4765-b2e1-b72db794b6a0 sled-11-sp3-64bit sle11 512 8 128 all SUSE Linux Enterprise Desktop 11 SP3 (64-bit)
89a9ab32-39a2-47db-8f11-25be020a16cf sled-12-64bit sle12 512 8 128 all SUSE Linux Enterprise Desktop 12 (64-bit)
14b3465d-d3d8-4bde-8a2e-a1a011b14e1e sled-12-sp1-64bit sle12 512 8 128 all SUSE Linux Enterprise Desktop 12 SP1 (64-bit)
a2c2f832-97bc-11e7-92b9-b8ca3a97c5fc sled-12-sp2-64bit sle12 512 8 128 all SUSE Linux Enterprise Desktop 12 SP2 (64-bit)
2e46fb99-1688-452e-bf46-47f7530b16ee sles-11-sp3-32bit sle11i 512 8 16 all SUSE Linux Enterprise Server 11 SP3 (32-bit)
f28fd4f5-a234-4b79-9a6f-de91fefd68d6 sles-11-sp3-64bit sle11 512 8 128 all SUSE Linux Enterprise Server 11 SP3 (64-bit)
405768ce-f8a1-4b3d-9410-8b1d4395e1b4 sles-11-sp4-32bit sle11i 512 8 16 all SUSE Linux Enterprise Server 11 SP4 (32-bit)
7006c141-2ba0-4ff8-aa4b-66d67b545043 sles-11-sp4-64bit sle11 512 8 128 all SUSE Linux Enterprise Server 11 SP4 (64-bit)
1282055a-055b-43c2-bc4d-0d5a22b6b619 sles-12-64bit sle12 512 8 128 all SUSE Linux Enterprise Server 12 (64-bit)
57d86822-8e9f-42aa-a096-081e4ee37f4c sles-12-sp1-64bit sle12 512 8 128 all SUSE Linux Enterprise Server 12 SP1 (64-bit)
1d504a36-96dd-11e7-92b9-b8ca3a97c5fc sles-12-sp2-64bit sle12 512 8 128 all SUSE Linux Enterprise Server 12 SP2 (64-bit)
110ecfa7-0fe4-4b35-a247-0b0141a738ba sles-12-sp5-64bit bios 1024 8 1536 all SUSE Linux Enterprise Server 12 SP5 (64-bit)
2cf37285-57bc-4633-a24f-0c6c825dda66 ubuntu-20.04 uefi 512 10 1536 old Ubuntu Focal Fossa 20.04
df1a0e64-3799-482b-aa9f-1ed713c7dac5 ubuntu-22.04 uefi 1024 10 1536 all Ubuntu Jammy Jellyfish 22.04
ff1f3e17-84d9-4d72-962d-571c4ceb527b ubuntu-24.04 uefi 1024 10 1536 all Ubuntu Noble Numbat 24.04
7774689b-4ca1-4dea-8545-dddd6b64c17f windows-10-64bit windows 2048 32 1536 all Windows 10 (64-bit)
1f8728f9-6354-4a68-adc3-222c34f2bb94 windows-11 windows 4096 64 1536 all Windows 11
c15fab79-6cce-4e1f-916f-a64b98ff9e7d windows-server-2016-64bit windows 1024 32 1536 all Windows Server 2016 (64-bit)
d986ea98-09fa-4e9a-9ee6-e6c78119496f windows-server-2019-64bit windows 1024 32 1536 all Windows Server 2019 (64-bit)
1c33af1c-e919-418c-ad45-85d7d6fb604a windows-server-2022-64bit windows 1024 32 1536 all Windows Server 2022 (64-bit)
905ab443-e415-4d52-bfef-e14b147eac4e windows-server-2025 windows 2048 64 1536 all Windows Server 2025
"""
# In what a few of them differ from their kind.
_FIELDS: dict[str, dict[str, Any]] = {
    "oel-6-64bit": {"PV-args": "graphical utf8 crashkernel=no"},
    "oel-8": _TWO_CPUS,
}
_CONFIG = {
    "kylin-server-6-64bit": {"install-arch": "amd64"},
    "sle-15-64bit": {"install-arch": "x86_64"},
    "sles-12-sp5-64bit": {"install-arch": "x86_64"},
}
_PLATFORM = {
    "windows-10-64bit": {"acpi_laptop_slate": "1"},
    "windows-11": {"acpi_laptop_slate": "1", "vtpm": "true"},
}
_LIMITS = {
    "windows-11": {"supports-bios": "no"},
    "windows-server-2016-64bit": {"allow-network-sriov": "1"},
    "windows-server-2019-64bit": {"allow-network-sriov": "1"},
    "windows-server-2022-64bit": {"allow-network-sriov": "1"},
    "windows-server-2025": {"allow-network-sriov": "1", "supports-bios": "no"},
}


# What follows


def default_templates(name: str, seed: str) -> dict[str, dict[str, Any]]:
    """The stored fields of the templates in the set, by uuid. What is random on a real host follows from the seed."""
    if name == NONE:
        return {}
    release = name.removesuffix(_WITH_PV)
    config = {"import_task": f"OpaqueRef:{uuid_from(seed)}"}
    found = {}
    for row in _TABLE.strip().split("\n"):
        uuid, label, kind, least, disk, most, releases, title = row.split(" ", 7)
        if release in _FOR[releases] and (name != release or _KINDS[kind].fields["domain-type"] == "hvm"):
            own = {"mac_seed": uuid_from(f"{seed} {uuid}"), **config}
            numbers = int(least), int(disk), int(most)
            found[uuid] = _fields(label, title, _KINDS[kind], numbers, own, sorts=release in _FOR["old"])
    return found


def _fields(
    label: str, name: str, kind: _Kind, numbers: tuple[int, int, int], own: dict[str, str], *, sorts: bool
) -> dict[str, Any]:
    """The fields of a template; `own` are the keys of its other-config that differ from host to host."""
    least, disk, most = numbers
    limits = {"has-vendor-device": "false", **kind.limits, **_LIMITS.get(label, {})}
    size = str(disk * _GIB)
    bootable = "false" if kind is _KINDS["windows"] else "true"
    drive = {"size": size, "sr": "", "bootable": bootable, "type": "system", "device": "0"}
    disks = {"disks": f"<provision>{_element('disk', drive, sorts=sorts)}</provision>"} if disk else {}
    return {
        "name-label": name,
        "name-description": kind.description.format(name, name),
        "user-version": 1,
        "is-a-template": True,
        "is-default-template": True,
        "memory-static-max": 2 * least * MIB,
        "memory-dynamic-max": 2 * least * MIB,
        "memory-dynamic-min": 2 * least * MIB,
        "memory-static-min": least * MIB,
        "actions-after-crash": "Restart",
        "version": 1,
        "reference-label": label,
        **kind.fields,
        **_FIELDS.get(label, {}),
        "platform": {**kind.fields["platform"], **_PLATFORM.get(label, {})},
        "other-config": {"default_template": "true", **disks, **kind.config, **_CONFIG.get(label, {}), **own},
        "recommendations": _recommendations(limits | {"memory-static-max": str(most * _GIB)}, sorts=sorts),
    }


_RESTRICTIONS = (
    ("memory-static-max", "max"),
    ("vcpus-min", "min"),
    ("vcpus-max", "max"),
    *((name, "value") for name in ("has-vendor-device", *_PASS_THROUGH, *_boots("", ""))),
)
_MOST_DEVICES = {"number-of-vbds": "255", "number-of-vifs": "7"}


def _recommendations(limits: Mapping[str, str], *, sorts: bool) -> str:
    found = [{"field": name, kind: limits[name]} for name, kind in _RESTRICTIONS if name in limits]
    found += [{"property": name, "max": most} for name, most in _MOST_DEVICES.items()]
    return f"<restrictions>{''.join(_element('restriction', each, sorts=sorts) for each in found)}</restrictions>"


def _element(name: str, attributes: Mapping[str, str], *, sorts: bool) -> str:
    """An XML element; old hosts sort its attributes."""
    pairs: Iterable[tuple[str, str]] = attributes.items()
    shown = "".join(f' {key}="{text}"' for key, text in (sorted(pairs) if sorts else pairs))
    return f"<{name}{shown}/>"


def uuid_from(seed: str) -> str:
    """A uuid that follows from the text, and looks as random as another."""
    digits = "".join(f"{crc32(f'{number} {seed}'.encode()):08x}" for number in range(4))
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
