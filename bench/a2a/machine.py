"""What the figures were taken on and with."""

import datetime
import json
import os
import pathlib
import platform
import re
import resource
import subprocess

from processes import HERE, TICKS, plain_environment


class Watch:
    """How busy other programs kept the machine since it was made."""

    def __init__(self):
        self._total, self._busy = self._machine()
        self._own = self._used()

    def others(self):
        """Share of all cores; the servers that were measured must have ended."""
        total, busy = self._machine()
        return max(busy - self._busy - (self._used() - self._own), 0) / max(total - self._total, 1e-9)

    @staticmethod
    def _machine():
        fields = [int(field) / TICKS for field in read("/proc/stat").splitlines()[0].split()[1:9]]
        idle = fields[3] + fields[4]
        return sum(fields), sum(fields) - idle

    @staticmethod
    def _used():
        used = [resource.getrusage(who) for who in
                (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env=plain_environment())
    return (done.stdout + done.stderr).strip()


def first_line(pattern, text, default="unknown"):
    found = re.search(pattern, text)
    return found.group(1) if found else default


def read(path, default="unknown"):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return default


def commit(root):
    name = output("git", "-C", str(root), "rev-parse", "--short=12", "HEAD")
    changed = output("git", "-C", str(root), "status", "--porcelain", "--untracked-files=no",
                     "--", "src", "cmake", "bench/a2a", "CMakeLists.txt", "CMakePresets.json")
    return name + (" with uncommitted changes" if changed else "")


def package_version(name):
    file = HERE / "peer" / "node_modules" / name / "package.json"
    return json.loads(file.read_text())["version"]


def describe(setup, fdatasync):
    """Pairs of a name and a text."""
    cpu = first_line(r"model name\s*: (.*)", read("/proc/cpuinfo"))
    memory = int(first_line(r"MemTotal:\s+(\d+)", read("/proc/meminfo"), "0")) / 2**20
    governor = read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    filesystem = output("findmnt", "-n", "-o", "FSTYPE", "-T", str(setup.work))
    versions = [
        "Flotilla " + first_line(r"(\d+\.\d+\.\d+)", output(str(setup.binary), "version")),
        f"Node {output('node', '--version').lstrip('v')}",
        f"@a2a-js/sdk {package_version('@a2a-js/sdk')}",
        f"Express {package_version('express')}",
        f"nginx {first_line(r'nginx/([0-9.]+)', output('nginx', '-v'))}",
        f"wrk {first_line(r'wrk (?:debian/)?([^ ]+)', output('wrk', '-v'))}",
        first_line(r"(.*)", output("clang++-19", "--version")),
    ]
    return [
        ("Date", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
        ("Commit", commit(setup.root)),
        ("CPU", f"{cpu}, {os.cpu_count()} cores, governor {governor}"),
        ("Memory", f"{memory:.0f} GiB"),
        ("Kernel", f"{platform.system()} {platform.release()}"),
        ("Disk", f"{filesystem}, one 4 KiB write with fdatasync {fdatasync:.0f} us"),
        ("Versions", ", ".join(versions)),
    ]
