"""Keeps the daemons of a Slurm of one machine until its standard input ends.

The tests start this program with a pipe, so the daemons also end when the tests
are killed; the kernel ends them when this program is killed.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

# the plugin and srun drop SLURM_CONF, so that the configuration must lie where Slurm looks
CONFIGURATION = Path("/etc/slurm")
MARK = "# Slurm of the tests of n2mu; removed when they end\n"
LOCK = Path("/run/lock/n2mu-tests-slurm")
NODE = "n2mu-node"
GPUS = 2
# more than any machine of the tests has: nothing is reserved, only counted
CPUS, MEMORY = 64, 256_000

SLURM = """
ClusterName=n2mu
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
# requeued jobs wait for as long as credentials hold
AuthInfo=socket={state}/munge.socket,cred_expire=5
StateSaveLocation={state}/controller
SlurmdSpoolDir={state}/node
SlurmctldPidFile={state}/slurmctld.pid
SlurmdPidFile={state}/slurmd.pid
SlurmctldLogFile={state}/slurmctld.log
SlurmdLogFile={state}/slurmd.log
SwitchType=switch/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SlurmdParameters=config_overrides
ReturnToService=1
MinJobAge=3600
KillWait=20
GresTypes=gpu
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 \
CPUs={cpus} RealMemory={memory} Gres=gpu:{gpus}
PartitionName=cpu Nodes={node} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
PartitionName=gpu Nodes={node} MaxTime=INFINITE State=UP OverSubscribe=NO
"""


def main(state: Path) -> None:
    """Start the daemons, say so, and end them with the standard input."""
    lock = LOCK.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another run of the tests uses Slurm on this machine")
    configuration = CONFIGURATION / "slurm.conf"
    if configuration.exists() and not configuration.read_text().startswith(MARK):
        sys.exit(f"{configuration} is that of a real cluster")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        _configure(state)
        for command in _commands(state):
            daemons.append(_start(command, state))
            time.sleep(0.5)
        _await_node(daemons)
        print("ready", flush=True)
        sys.stdin.read()
    finally:
        _stop(daemons)
        for name in ("slurm.conf", "gres.conf", "cgroup.conf"):
            (CONFIGURATION / name).unlink(missing_ok=True)


def _configure(state: Path) -> None:
    for name in ("controller", "node", "devices"):
        (state / name).mkdir(parents=True)
    for number in range(GPUS):
        # any device will do: what a job sees is CUDA_VISIBLE_DEVICES
        try:
            os.mknod(state / f"devices/gpu{number}", 0o20666, os.makedev(1, 3))
        except PermissionError:
            sys.exit("root may not make device files here")
    key = state / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    state.chmod(0o711)
    CONFIGURATION.mkdir(exist_ok=True)
    (CONFIGURATION / "gres.conf").write_text(
        f"{MARK}Name=gpu File={state}/devices/gpu[0-{GPUS - 1}]\n"
    )
    (CONFIGURATION / "cgroup.conf").write_text(f"{MARK}CgroupAutomount=no\n")
    (CONFIGURATION / "slurm.conf").write_text(
        MARK
        + SLURM.format(
            host=socket.gethostname().split(".")[0],
            ports=_free_ports(2),
            state=state,
            node=NODE,
            cpus=CPUS,
            memory=MEMORY,
            gpus=GPUS,
        )
    )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for opened in sockets:
        opened.bind(("127.0.0.1", 0))
    ports = [int(opened.getsockname()[1]) for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def _commands(state: Path) -> list[list[str]]:
    munge = [f"--{name}-file={state}/munge.{name}" for name in ("key", "pid", "log", "seed")]
    return [
        ["munged", "--foreground", "--force", f"--socket={state}/munge.socket", *munge],
        ["slurmctld", "-D", "-c"],
        ["slurmd", "-D", "-c", "-N", NODE],
    ]


def _start(command: list[str], state: Path) -> subprocess.Popen[bytes]:
    program = shutil.which(command[0], path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert program is not None
    with (state / f"{command[0]}.out").open("wb") as output:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _await_node(daemons: list[subprocess.Popen[bytes]]) -> None:
    for _ in range(120):
        state = subprocess.run(
            ["sinfo", "--noheader", "--format=%T"], capture_output=True, text=True, check=False
        )
        if state.stdout.split()[:1] == ["idle"]:
            return
        ended = [daemon.args for daemon in daemons if daemon.poll() is not None]
        if ended:
            sys.exit(f"ended: {ended}")
        time.sleep(0.25)
    sys.exit(f"the node is not idle: {state.stdout}{state.stderr}")


def _stop(daemons: list[subprocess.Popen[bytes]]) -> None:
    """End all jobs, then the daemons, the last one first."""
    if len(daemons) == 3:
        cancel = ["scancel", "--full", "--signal=KILL", "--user=root"]
        for command in (cancel, ["scancel", "--user=root"]):
            subprocess.run(command, capture_output=True, timeout=10, check=False)
        for _ in range(40):
            queue = subprocess.run(
                ["squeue", "--noheader"], capture_output=True, timeout=10, check=False
            )
            if not queue.stdout.strip():
                break
            time.sleep(0.25)
    for daemon in reversed(daemons):
        daemon.terminate()
        try:
            daemon.wait(10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
