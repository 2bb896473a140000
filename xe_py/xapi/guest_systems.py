"""The operating system that a guest reports: the one that its template, or its reference label, is for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record

_KEYS = ("name", "uname", "distro", "major", "minor")
_NAME_LENGTH = 15

# By reference label: the name, the kernel, and the versions that guests report. The distribution is in the column
# before the versions. Guests of older templates report what the last update of their system reported.
_SYSTEMS = {
    label: dict(zip(_KEYS, (cell.strip() for cell in row), strict=True))
    for label, *row in (
        line.split("|")
        for line in """\
debian-10|Debian GNU/Linux 10 (buster)|4.19.0-27-amd64|debian|10|13
debian-11|Debian GNU/Linux 11 (bullseye)|5.10.0-35-amd64|debian|11|11
debian-12|Debian GNU/Linux 12 (bookworm)|6.1.0-37-amd64|debian|12|11
debian-13|Debian GNU/Linux 13 (trixie)|6.12.41+deb13-amd64|debian|13|1
ubuntu-20.04|Ubuntu 20.04.6 LTS|5.4.0-216-generic|ubuntu|20|04
ubuntu-22.04|Ubuntu 22.04.5 LTS|5.15.0-144-generic|ubuntu|22|04
ubuntu-24.04|Ubuntu 24.04.3 LTS|6.8.0-71-generic|ubuntu|24|04
alma-8|AlmaLinux 8.10 (Cerulean Leopard)|4.18.0-553.el8_10.x86_64|almalinux|8|10
alma-9|AlmaLinux 9.6 (Sage Margay)|5.14.0-570.el9_6.x86_64|almalinux|9|6
alma-10|AlmaLinux 10.0 (Purple Lion)|6.12.0-55.el10_0.x86_64|almalinux|10|0
rocky-8|Rocky Linux 8.10 (Green Obsidian)|4.18.0-553.el8_10.x86_64|rocky|8|10
rocky-9|Rocky Linux 9.6 (Blue Onyx)|5.14.0-570.el9_6.x86_64|rocky|9|6
rocky-10|Rocky Linux 10.0 (Red Quartz)|6.12.0-55.el10_0.x86_64|rocky|10|0
centos-6|CentOS release 6.10 (Final)|2.6.32-754.el6.x86_64|centos|6|10
centos-7|CentOS Linux release 7.9.2009 (Core)|3.10.0-1160.el7.x86_64|centos|7|9
centos-stream-8|CentOS Stream 8|4.18.0-553.el8.x86_64|centos|8|
centos-9|CentOS Stream 9|5.14.0-598.el9.x86_64|centos|9|
centos-10|CentOS Stream 10 (Coughlan)|6.12.0-100.el10.x86_64|centos|10|
rhel-5|Red Hat Enterprise Linux Server release 5.11 (Tikanga)|2.6.18-398.el5|rhel|5|11
rhel-6|Red Hat Enterprise Linux Server release 6.10 (Santiago)|2.6.32-754.el6.x86_64|rhel|6|10
rhel-7|Red Hat Enterprise Linux Server release 7.9 (Maipo)|3.10.0-1160.el7.x86_64|rhel|7|9
rhel-8|Red Hat Enterprise Linux release 8.10 (Ootpa)|4.18.0-553.el8_10.x86_64|rhel|8|10
rhel-9|Red Hat Enterprise Linux release 9.6 (Plow)|5.14.0-570.el9_6.x86_64|rhel|9|6
rhel-10|Red Hat Enterprise Linux release 10.0 (Coughlan)|6.12.0-55.el10_0.x86_64|rhel|10|0
oel-5|Oracle Linux Server release 5.11|2.6.18-398.el5|oracle|5|11
oel-6|Oracle Linux Server release 6.10|2.6.32-754.el6.x86_64|oracle|6|10
oel-7|Oracle Linux Server release 7.9|3.10.0-1160.el7.x86_64|oracle|7|9
oel-8|Oracle Linux Server release 8.10|4.18.0-553.el8_10.x86_64|oracle|8|10
oel-9|Oracle Linux Server release 9.6|5.14.0-570.el9_6.x86_64|oracle|9|6
oel-10|Oracle Linux Server release 10.0|6.12.0-55.el10_0.x86_64|oracle|10|0
sl-6|Scientific Linux release 6.10 (Carbon)|2.6.32-754.el6.x86_64|scientific|6|10
sl-7|Scientific Linux release 7.9 (Nitrogen)|3.10.0-1160.el7.x86_64|scientific|7|9
sles-11|SUSE Linux Enterprise Server 11|3.0.101-108.el11-default|sles|11|4
sles-12|SUSE Linux Enterprise Server 12 SP5|4.12.14-122-default|sles|12|5
sled-11|SUSE Linux Enterprise Desktop 11|3.0.76-0.11-default|sled|11|3
sled-12|SUSE Linux Enterprise Desktop 12 SP2|4.4.21-69-default|sled|12|2
sle-15|SUSE Linux Enterprise Server 15 SP6|6.4.0-150600.23-default|sles|15|6
gooroom-2|Gooroom 2.0|4.19.0-8-amd64|gooroom|2|0
kylin-server-6|NeoKylin Linux Server release 6.9|2.6.32-696.el6.x86_64|kylin|6|9
kylin-server-7|NeoKylin Linux Server release 7.6|3.10.0-957.el7.x86_64|kylin|7|6
windows-10|Microsoft Windows 10 Pro||windows|10|0
windows-11|Microsoft Windows 11 Pro||windows|10|0
windows-server-2016|Microsoft Windows Server 2016 Standard||windows|10|0
windows-server-2019|Microsoft Windows Server 2019 Standard||windows|10|0
windows-server-2022|Microsoft Windows Server 2022 Standard||windows|10|0
windows-server-2025|Microsoft Windows Server 2025 Standard||windows|10|0
""".splitlines()
    )
}
_WINDOWS = "windows"
# Only Windows tells its service pack, and each of its drivers: who made it, and its version with nothing behind it.
_SERVICE_PACK = {"spmajor": "0", "spminor": "0"}
_DRIVERS = {"major": "9", "minor": "4", "micro": "0", "build": "1"}
_WINDOWS_DRIVERS = {
    "xenbus": "XenServer 9.1.11.115 ",
    "xenvbd": "XenServer 9.1.10.92 ",
    "xenvif": "XenServer 9.1.14.104 ",
    "xeniface": "XenServer 9.1.12.94 ",
    "xennet": "XenServer 9.1.8.68 ",
}
# What a guest reports of which nothing is known.
_ANY = "debian-12"


def os_version(vm: Record) -> dict[str, str]:
    """What the guest reports of its operating system; of keys without a value, nothing."""
    system = _system(vm)
    told = system | _SERVICE_PACK if system["distro"] == _WINDOWS else system
    return {key: text for key, text in told.items() if text}


def drivers(vm: Record) -> dict[str, str]:
    """What the guest reports of its PV drivers: the version of all of them; Windows also that of each."""
    return _DRIVERS | _WINDOWS_DRIVERS if _system(vm)["distro"] == _WINDOWS else _DRIVERS


def netbios_name(vm: Record) -> dict[str, str]:
    """The name of a Windows guest, made of the name of the VM; other guests have none."""
    if _system(vm)["distro"] != _WINDOWS:
        return {}
    letters = "".join(letter for letter in vm["name-label"].upper() if letter.isascii() and letter.isalnum())
    return {"host_name": letters[:_NAME_LENGTH] or "WINDOWS"}


def _system(vm: Record) -> dict[str, str]:
    """The system of the longest label that the VM's reference label begins with."""
    label = vm["reference-label"].replace("almalinux-", "alma-")
    while label and label not in _SYSTEMS:
        label = label.rpartition("-")[0]
    return _SYSTEMS[label or _ANY]
