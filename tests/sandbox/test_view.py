"""What a confined process sees of the host, and what it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from grader.sandbox import privileges, view
from grader.sandbox.confine import Mechanism
from sandbox.helpers import ALL, OF_USER, READ_ONLY, ROOT, confined, needs_root, on

pytestmark = needs_root
HOSTS = [("root", ALL), ("user", OF_USER)]
EACH_HOST = pytest.mark.parametrize(("host", "mechanisms"), HOSTS, ids=["root", "user"])


def test_the_view_of_an_environment_has_its_packages_and_not_what_lies_beside_coursekit():
    shown = [Path(path) for path in READ_ONLY]
    assert Path(sys.prefix) in shown and ROOT / "coursekit" in shown
    for hidden in ("solutions", "course.toml", "grader", "tests"):
        assert not any((ROOT / hidden).is_relative_to(path) for path in shown)


def test_a_path_below_another_is_shown_once_and_one_that_is_missing_not_at_all(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    paths = [tmp_path / "a" / "b", tmp_path / "a", tmp_path / "missing", Path("/")]
    assert view.outermost(paths) == (tmp_path / "a",)


@EACH_HOST
def test_only_the_view_is_there(host, mechanisms):
    code = """
        import json, os
        mounts = [line.split() for line in open("/proc/self/mountinfo")]
        writable = sorted(m[4] for m in mounts if "rw" in m[5].split(","))
        def names(path):
            try:
                return sorted(os.listdir(path))
            except OSError as error:
                return type(error).__name__
        print(json.dumps({
            "writable": writable, "flags": {m[4]: m[5] for m in mounts},
            "root": names("/"), "proc": [n for n in os.listdir("/proc") if n.isdigit()],
            "etc": sorted(os.listdir("/etc")), "dev": sorted(os.listdir("/dev")),
            "P": os.environ["P"], "S": os.environ["S"], "pid": os.getpid(), "uid": os.getuid(),
        }))
    """
    seen = json.loads(confined(code, mechanisms, host))
    folder = seen["P"]
    devices = {f"/dev/{name}" for name in (*view.DEVICES, "pts", "shm")}
    assert set(seen["writable"]) == {
        "/tmp", "/run/kernel", folder, f"{folder}/exchange", *devices
    }  # fmt: skip
    for mount, flags in seen["flags"].items():
        assert "nosuid" in flags, mount
        assert "nodev" in flags or mount in devices, mount
    assert "nosymfollow" in seen["flags"][f"{folder}/exchange"]
    assert seen["root"] == "PermissionError" and seen["proc"] == ["1"] and seen["pid"] == 1
    assert not {"shadow", "sudoers", "ssh"} & set(seen["etc"])
    assert set(seen["dev"]) == {
        *view.DEVICES, "pts", "shm", "ptmx", "fd", "stdin", "stdout", "stderr"
    }  # fmt: skip
    assert seen["uid"] != 0


@EACH_HOST
def test_a_confined_process_has_no_power_and_cannot_gain_any(host, mechanisms):
    code = """
        import json, os, resource, subprocess
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        def fails(act):
            try:
                act()
            except OSError:
                return True
        print(json.dumps({
            "caps": {k: v.strip() for k, v in status.items() if k.startswith("Cap")},
            "no_new": status["NoNewPrivs"].strip(), "seccomp": status["Seccomp"].strip(),
            "groups": status["Groups"].split(), "gid": os.getgid(),
            "setuid": fails(lambda: os.setuid(0)), "oom": open("/proc/self/oom_score_adj").read(),
            "lower": fails(lambda: open("/proc/self/oom_score_adj", "w").write("0")),
            "session": os.getsid(0) == os.getpid(), "tty": fails(lambda: os.open("/dev/tty", 2)),
            "umask": os.umask(0), "dies with its keeper": linux.death_signal(),
            "limits": {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name))
                       for name in ("NPROC", "FSIZE", "CORE", "NOFILE", "MEMLOCK", "MSGQUEUE",
                                    "SIGPENDING")},
        }))
    """
    seen = json.loads(confined(code, mechanisms, host, inline=True))
    assert seen["umask"] == 0o077 and seen["dies with its keeper"] == signal.SIGKILL
    assert set(seen["caps"].values()) == {"0" * 16} and len(seen["caps"]) == 5
    assert seen["no_new"] == "1" and seen["seccomp"] == "2"
    assert set(seen["groups"]) <= {str(seen["gid"])} and seen["gid"] != 0
    assert seen["setuid"] and seen["lower"] and seen["session"] and seen["tty"]
    assert seen["oom"].strip() == "1000"
    assert seen["limits"] == {
        "NPROC": [privileges.most_threads(64)] * 2,
        "FSIZE": [64 * 2**20] * 2,
        "CORE": [privileges.NO_CORE] * 2,
        "NOFILE": [privileges.OPEN_FILES] * 2,
        "MEMLOCK": [0, 0],
        "MSGQUEUE": [0, 0],
        "SIGPENDING": [privileges.PENDING] * 2,
    }


@EACH_HOST
def test_dev_zero_reads_as_ever_and_cannot_be_shared(host, mechanisms):
    code = """
        import mmap
        print(open("/dev/zero", "rb").read(3))
        device = open("/dev/zero", "r+b", buffering=0)
        try:
            mmap.mmap(device.fileno(), 4096)
        except OSError as error:
            print(error.strerror)
    """
    assert confined(code, mechanisms, host).splitlines() == [repr(bytes(3)), "No such device"]


def test_the_user_of_a_candidate_has_no_name_no_process_and_no_file():
    uid = privileges.free_uid()
    assert uid in privileges.FREE_UIDS and not privileges._is_used(uid)
    first, last = privileges.FREE_UIDS[0], privileges.FREE_UIDS[-1]
    found = subprocess.run(
        ["find", "/etc", "/var", *READ_ONLY, "-xdev", "-maxdepth", "4", "-uid", f"+{first - 1}",
         "-uid", f"-{last + 1}"],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert found.stdout == ""


FEW_IDS = """
import os, signal
from grader.sandbox import linux, privileges
pid = os.fork()
if pid == 0:
    linux.unshare(linux.CLONE_NEWUSER)
    os.kill(os.getpid(), signal.SIGSTOP)
    had = []
    for _ in range(4):
        had.append(privileges.free_uid())
        ready, said = os.pipe()
        if os.fork() == 0:
            try:
                privileges.become(had[-1])
                os.write(said, b"x")
                signal.pause()
            finally:
                os._exit(1)
        os.close(said)
        os.read(ready, 1)  # it is that user, or could not be
    print(sorted(had))
    try:
        privileges.free_uid()
    except OSError as error:
        print(error.strerror, flush=True)
    os.kill(0, signal.SIGKILL)
os.waitpid(pid, os.WUNTRACED)
for kind in ("uid", "gid"):
    with open(f"/proc/{pid}/{kind}_map", "w") as file:
        file.write("0 0 1\\n500 200000 8\\n")
os.setpgid(pid, pid)
os.kill(pid, signal.SIGCONT)
os.waitpid(pid, 0)
"""


def test_two_candidates_are_never_one_user_where_few_ids_are_mapped():
    """As in a container of a user's; there is a gap between its ids, and then none is left."""
    told = on("root", ["-c", FEW_IDS], None).splitlines()
    assert told == ["[504, 505, 506, 507]", "no user id in 504..507 is free"]


def test_a_root_with_no_other_id_does_without_another_user():
    done = subprocess.run(
        ["unshare", "-Ur", sys.executable, "-m", "grader.sandbox.trial"],
        input=json.dumps({"read_only": READ_ONLY, "outside": None, "sets": []}),
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert "is free" in told["left_out"]["identity"]
    assert "seccomp" in told["trials"][0]["mechanisms"]


def test_a_user_that_runs_something_is_not_free():
    assert privileges._is_used(0) and privileges._is_used(os.getuid())


@EACH_HOST
def test_the_folder_is_full_at_its_limit_and_links_are_not_followed_in_the_exchange(
    host, mechanisms
):
    code = """
        import errno, json, os
        def number(act):
            try:
                act()
            except OSError as error:
                return errno.errorcode[error.errno]
        def fill(folder):
            files = []
            try:
                while len(files) < 32:  # of half a MiB
                    files.append(open(f"{folder}/{len(files)}", "wb", buffering=0))
                    files[-1].write(bytes(2**18))
                    files[-1].write(bytes(2**18))
            finally:
                for file in files:
                    os.unlink(file.name)
        P = os.environ["P"]
        os.symlink("/etc/passwd", P + "/exchange/link")
        open(P + "/work/mine", "w").write("mine")
        os.symlink(P + "/work/mine", P + "/tmp/link")
        print(json.dumps([
            number(lambda: fill("/tmp")), number(lambda: fill("/dev/shm")),
            number(lambda: fill(P + "/exchange")),
            number(lambda: open(P + "/exchange/link")), open(P + "/tmp/link").read(),
            number(lambda: os.rename(P + "/exchange", P + "/other")),
            number(lambda: open(os.environ["S"] + "/file", "w")),
        ]))
    """
    seen = json.loads(confined(code, mechanisms, host, disk_mb=2.0))
    assert seen[:3] == ["ENOSPC"] * 3
    assert seen[3:5] == ["ELOOP", "mine"]
    assert seen[5] in ("EBUSY", "EACCES", "EPERM", "EXDEV") and seen[6] == "EACCES"


@EACH_HOST
def test_a_candidate_can_have_a_pseudo_terminal_and_use_its_sockets(host, mechanisms):
    code = """
        import json, os, pexpect, socket
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.environ["S"] + "/k-1")
        listener.listen()
        other = socket.socket(socket.AF_UNIX)
        other.connect(os.environ["S"] + "/k-1")
        print(json.dumps(pexpect.run("id -un").decode().strip()))
    """
    assert json.loads(confined(code, mechanisms, host)) == view.STUDENT


def test_a_program_that_would_make_its_user_root_does_not():
    setuid = [path for path in ("/usr/bin/su", "/usr/bin/passwd", "/bin/su") if Path(path).exists()]
    if not setuid:
        pytest.skip("no setuid program here")
    code = f"""
        import os
        pid = os.fork()
        if pid == 0:
            os.execv({setuid[0]!r}, [{setuid[0]!r}, "--help"])
        os.waitpid(pid, 0)
        print([l for l in open("/proc/self/status") if l.startswith("Uid")][0].split()[1:])
        print(os.statvfs({setuid[0]!r}).f_flag & os.ST_NOSUID)
    """
    uids, flag = confined(code).splitlines()[-2:]
    assert "'0'" not in uids and flag == str(os.ST_NOSUID)


def test_links_in_the_root_lead_into_the_view():
    links = [path for path in map(Path, ("/bin", "/lib", "/lib64")) if path.is_symlink()]
    code = f"import os; print([os.readlink(p) for p in {list(map(str, links))}])"
    assert confined(code).strip() == str([os.fspath(path.readlink()) for path in links])


NOTEBOOK = """
    import json, os, shutil, subprocess, tempfile
    from concurrent.futures import ThreadPoolExecutor
    import numpy as np
    done = {"numpy": float((np.ones((200, 200)) @ np.ones((200, 200)))[0, 0])}
    with ThreadPoolExecutor(8) as pool:
        done["threads"] = list(pool.map(abs, [-3]))
    done["program"] = subprocess.run(
        ["sh", "-c", "echo $((1 + 1))"], capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        open(folder + "/a", "w").write("a")
        shutil.copy2(folder + "/a", folder + "/b")
        os.replace(folder + "/b", folder + "/c")
        done["files"] = sorted(os.listdir(folder))
    done["cpus"] = os.cpu_count()
"""
NOTEBOOK_DONE = {
    "numpy": 200.0,
    "threads": [3],
    "program": "2",
    "files": ["a", "c"],
    "cpus": os.cpu_count(),
}
PARALLEL = """
    import multiprocessing as mp
    from multiprocessing import shared_memory
    import torch
    from torch.utils.data import DataLoader, TensorDataset
    if __name__ == "__main__":
        loader = DataLoader(TensorDataset(torch.arange(8.0)), batch_size=2, num_workers=2)
        done["workers"] = sum(batch.sum().item() for [batch] in loader)
        done["fork"] = mp.get_context("fork").Pool(2).map(abs, [-1, -2])
        done["spawn"] = mp.get_context("spawn").Pool(1).map(abs, [-1])
        memory = shared_memory.SharedMemory(create=True, size=100)
        memory.close(); memory.unlink()
        print(json.dumps(done))
"""


@EACH_HOST
def test_what_notebooks_use_works_in_confinement(host, mechanisms):
    parallel = host == "root"  # it takes longest, and nothing in it depends on the user
    code = dedent(NOTEBOOK) + (dedent(PARALLEL) if parallel else "print(json.dumps(done))")
    done = json.loads(confined(code, mechanisms, host, disk_mb=128).splitlines()[-1])
    more = {"workers": 28.0, "fork": [1, 2], "spawn": [1]} if parallel else {}
    assert done == NOTEBOOK_DONE | more


def test_without_namespaces_notebooks_work_but_for_semaphores():
    code = """
        import multiprocessing
        try:
            multiprocessing.Lock()
        except PermissionError:
            print(json.dumps(done))
    """
    told = confined(dedent(NOTEBOOK) + dedent(code), ALL - {Mechanism.NAMESPACES})
    assert json.loads(told.splitlines()[-1]) == NOTEBOOK_DONE
