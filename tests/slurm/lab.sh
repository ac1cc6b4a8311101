#!/usr/bin/env bash
# A real, throw-away SLURM cluster on one machine (Debian or Ubuntu), for tests.
#
#   lab.sh up            install what is missing, start everything, wait until nodes are idle (idempotent)
#   lab.sh run COMMAND   up, COMMAND within the cluster's environment, down; the exit code is COMMAND's
#   lab.sh down          cancel jobs, stop every process of the lab by pid (idempotent)
#   lab.sh purge         down + delete the lab's files (packages stay)
#   lab.sh env           print the exports that a client needs:  eval "$(lab.sh env)"
#   lab.sh status        sinfo, squeue, pids
#   lab.sh reset         cancel all jobs, bring every node back to idle, leave the daemons running
#   lab.sh kill-node N   crash node labN: SIGKILL its slurmd and all its slurmstepd + job processes
#   lab.sh kill-slurmd N SIGKILL only the slurmd of labN, its job processes live on
#   lab.sh start-node N  start slurmd of labN (again)
#
# Everything lives below $SLURM_LAB_DIR; nothing in /etc/slurm or /etc/munge and no system MariaDB is used. Only
# /etc/hosts gets one marked line (removed by down): lab1.. -> 127.0.0.1. All sockets are unix sockets or listen on
# 127.0.0.1 where the machine's name allows it (see ADDR). Root is needed for apt-get and /etc/hosts only (through
# sudo for others): everything runs as the user who calls. Partitions: main preempts preempt (requeue, GraceTime),
# preempt0 (requeue, no GraceTime) and cancel (no requeue, GraceTime).
set -euo pipefail

LAB=${SLURM_LAB_DIR:-/tmp/slurmlab}
NODES=${SLURM_LAB_NODES:-9}           # slurmd processes = "nodes" lab1..labN
CPUS=${SLURM_LAB_CPUS:-8}             # advertised per node; may exceed the real number
MEM_MB=${SLURM_LAB_MEM_MB:-16000}     # advertised per node
GPUS=${SLURM_LAB_GPUS:-2}             # fake GPUs per node (links to /dev/null); 0 = none
PORT=${SLURM_LAB_PORT:-16800}         # +1 slurmctld, +2 slurmdbd, +10+i slurmd of node i
DB=${SLURM_LAB_DB:-1}                 # 1: MariaDB + slurmdbd, so that sacct works; 0: no accounting
NOTICE=${SLURM_LAB_NOTICE:-1}         # 0: preempted jobs get SIGTERM only, not the signal that they asked for
INSTALL=${SLURM_LAB_INSTALL:-1}       # 0: never call apt-get
GRACE=${SLURM_LAB_GRACE:-15}          # GraceTime of the preemptible partitions, seconds
UTS=${SLURM_LAB_UTS:-auto}            # 1: each slurmd in its own UTS namespace, so that jobs see hostname lab1..
                                      # (needs CAP_SYS_ADMIN); auto: if possible; 0: jobs see the machine's name
ME=$(id -un); FULLHOST=$(cat /proc/sys/kernel/hostname); HOST=${FULLHOST%%.*}
resolve() { getent ahostsv4 "$1" 2>/dev/null | awk 'NR == 1 {print $1}' || true; }
# With No*InAddrAny every daemon and srun binds to the address its own gethostname() resolves to, so that
# address must be the one in the configuration: 127.0.0.1 if the machine's name resolves there or not at
# all (then it goes into /etc/hosts), else the machine's own address.  127.0.1.1 (Debian's default) cannot
# work (the kernel answers from 127.0.0.1): then listen on all addresses.
ADDR=${SLURM_LAB_ADDR:-$(resolve "$FULLHOST")}
case $ADDR in ''|127.*) ADDR=127.0.0.1 ;; esac
MARK="# slurm-lab $LAB"
export SLURM_CONF=$LAB/etc/slurm.conf
PATH=$PATH:/usr/sbin:/sbin

say() { echo "slurm-lab: $*" >&2; }
trap 'rc=$?; [ $rc = 0 ] || say "exit $rc near line $LINENO: $BASH_COMMAND"' EXIT
die() { say "ERROR: $*"; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
node_range() { if [ "$NODES" = 1 ]; then echo lab1; else echo "lab[1-$NODES]"; fi; }

# ---- processes: always by pid file, and only if the pid still is the program we started -----------
comm_of() { cat "/proc/$1/comm" 2>/dev/null || true; }
pid_of() {                            # pid_of NAME COMM -> prints the pid if alive and of that program
  local f=$LAB/run/$1.pid p
  [ -s "$f" ] || return 1
  p=$(tr -dc 0-9 2>/dev/null <"$f") 2>/dev/null || return 1
  [ -n "$p" ] || return 1
  [ "$(comm_of "$p")" = "$2" ] || return 1
  case $(awk '{print $3}' "/proc/$p/stat" 2>/dev/null) in Z|X|'') return 1;; esac
  echo "$p"
}
stop() {                              # stop NAME COMM [SECONDS]: TERM, wait, KILL
  local p i
  p=$(pid_of "$1" "$2") || { rm -f "$LAB/run/$1.pid"; return 0; }
  kill -TERM "$p" 2>/dev/null || true
  for ((i = 0; i < ${3:-10} * 10; i++)); do pid_of "$1" "$2" >/dev/null || break; sleep 0.1; done
  if pid_of "$1" "$2" >/dev/null; then say "$1 ($p) ignores TERM, KILL"; kill -KILL "$p" 2>/dev/null || true; sleep 0.2; fi
  rm -f "$LAB/run/$1.pid"
}
wait_for() {                          # wait_for SECONDS WHAT COMMAND...
  local n=$1 what=$2 i; shift 2
  for ((i = 0; i < n * 10; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
  [ ! -e "$LAB/log/$what.log" ] || grep -E 'error|fatal|ERROR' "$LAB/log/$what.log" | tail -n 3 >&2 || true
  die "timed out waiting for $what (see $LAB/log)"
}
port_open() { (exec 3<>"/dev/tcp/$ADDR/$1") 2>/dev/null; }
# slurmstepd daemons are orphans with an empty environment; they are ours iff their cwd is our log dir
# and (for one node) their stderr/log is that node's log file.
stepds() {                            # stepds [NODE]
  local d
  for d in $(grep -slx slurmstepd /proc/[0-9]*/comm || true); do
    d=${d%/comm}
    case $(readlink "$d/exe" 2>/dev/null) in */slurmstepd*) ;; *) continue;; esac
    [ "$(readlink "$d/cwd" 2>/dev/null)" = "$LAB/log" ] || continue
    [ -z "${1:-}" ] || ls -l "$d/fd" 2>/dev/null | grep -q "slurmd\.$1\.log" || continue
    echo "${d#/proc/}"
  done
}
tree() {                              # tree PID... -> the pids and all their descendants
  local p c
  for p in "$@"; do
    echo "$p"
    for c in $(cat /proc/"$p"/task/*/children 2>/dev/null || true); do tree "$c"; done
  done
}

# ---- packages ---------------------------------------------------------------------------------------
install_packages() {
  local want=() policy=
  command -v munged >/dev/null || want+=(munge)
  command -v slurmctld >/dev/null || want+=(slurmctld)
  command -v slurmd >/dev/null || want+=(slurmd)
  command -v sbatch >/dev/null || want+=(slurm-client)
  if [ "$DB" = 1 ]; then
    command -v slurmdbd >/dev/null || want+=(slurmdbd)
    [ -x /usr/sbin/mariadbd ] || want+=(mariadb-server-core)
    command -v my_print_defaults >/dev/null || want+=(mariadb-client-core)   # mariadb-install-db runs it
  fi
  [ ${#want[@]} -gt 0 ] || return 0
  [ "$INSTALL" = 1 ] || die "missing packages: ${want[*]}"
  say "installing ${want[*]}"
  # do not let the packages start system daemons
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod 755 /usr/sbin/policy-rc.d; policy=1
  fi
  local ok=1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${want[@]}" \
    >"$LAB/log/apt.log" 2>&1 || ok=0
  if [ $ok = 0 ]; then             # stale lists?
    as_root apt-get update -q >>"$LAB/log/apt.log" 2>&1 || true; ok=1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${want[@]}" \
      >>"$LAB/log/apt.log" 2>&1 || ok=0
  fi
  [ -z "$policy" ] || as_root rm -f /usr/sbin/policy-rc.d
  [ $ok = 1 ] || { tail -20 "$LAB/log/apt.log" >&2; die "apt-get failed"; }
}

# ---- configuration ----------------------------------------------------------------------------------
write_config() {
  local i gres= tres= comm=
  [ "$(resolve "$FULLHOST")" != "$ADDR" ] || comm=CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
  [ -n "$comm" ] || say "the name $FULLHOST does not resolve to $ADDR: daemons listen on all addresses"
  mkdir -p "$LAB"/{etc,run,log,state,dev}
  for ((i = 1; i <= NODES; i++)); do mkdir -p "$LAB/spool/lab$i"; done
  if [ ! -s "$LAB/etc/munge.key" ]; then
    (umask 077; dd if=/dev/urandom of="$LAB/etc/munge.key" bs=128 count=1 status=none)
  fi
  : >"$LAB/etc/gres.conf"
  if [ "$GPUS" -gt 0 ]; then
    # File= must be a character device, one per GPU; a link to /dev/null is enough (no mknod needed)
    for ((i = 0; i < GPUS; i++)); do ln -sfn /dev/null "$LAB/dev/gpu$i"; done
    echo "NodeName=$(node_range) Name=gpu File=$LAB/dev/gpu[0-$((GPUS - 1))]" >"$LAB/etc/gres.conf"
    gres="Gres=gpu:$GPUS"; tres="GresTypes=gpu"; [ "$DB" != 1 ] || tres+="
AccountingStorageTRES=gres/gpu"
  fi
  # newer SLURMs look for cgroups unless told not to (not tried: Debian 12 has 22.05, which has no such option)
  if [[ $(slurmd -V) =~ ' '(1|20|21|22)[0-9.]* ]]; then rm -f "$LAB/etc/cgroup.conf"; else echo CgroupPlugin=disabled >"$LAB/etc/cgroup.conf"; fi
  cat >"$LAB/etc/slurm.conf" <<CONF
ClusterName=lab
SlurmctldHost=$HOST($ADDR)
SlurmctldPort=$((PORT + 1))
SlurmUser=$ME
SlurmdUser=$ME
# private munge; cred_expire is also how long a requeued job waits before it may start again (default 120 s)
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$LAB/run/munge.socket,cred_expire=5
$comm

# job ids differ between clusters, so that results left in a submitit folder are not taken for new ones
FirstJobId=$((($(date +%s) - 1700000000) % 60000000 + 1))
StateSaveLocation=$LAB/state
SlurmdSpoolDir=$LAB/spool/%n
SlurmctldPidFile=$LAB/run/slurmctld.pid
SlurmdPidFile=$LAB/run/slurmd.%n.pid
SlurmctldLogFile=$LAB/log/slurmctld.log
SlurmdLogFile=$LAB/log/slurmd.%n.log

SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
# no cgroups, no CPU binding; memory limit: RSS is polled every 2 s and the step killed
JobAcctGatherParams=OverMemoryKill
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none

SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
SlurmdParameters=config_overrides
$( [ "$NOTICE" = 0 ] || echo SlurmctldParameters=preempt_send_user_signal )
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2,sched_min_interval=100000
KillWait=5
SlurmdTimeout=15
SlurmctldTimeout=15
MessageTimeout=10
WaitTime=0
ReturnToService=2
MinJobAge=300
$tres
$( [ "$DB" = 1 ] && cat <<DBC
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=$ADDR
AccountingStoragePort=$((PORT + 2))
AccountingStoragePass=$LAB/run/munge.socket
DBC
)
NodeName=$(node_range) NodeHostname=$HOST NodeAddr=$ADDR Port=$((PORT + 11))$( [ "$NODES" = 1 ] || echo "-$((PORT + 10 + NODES))") CPUs=$CPUS Boards=1 SocketsPerBoard=1 CoresPerSocket=$CPUS ThreadsPerCore=1 RealMemory=$MEM_MB $gres State=UNKNOWN
# main preempts the others: with notice (SIGUSR2, then GraceTime) / without notice / without requeue
PartitionName=main     Nodes=ALL Default=YES DefaultTime=10 MaxTime=1-0 PriorityTier=10 PreemptMode=OFF State=UP
PartitionName=preempt  Nodes=ALL DefaultTime=10 MaxTime=1-0 PriorityTier=1 PreemptMode=REQUEUE GraceTime=$GRACE State=UP
PartitionName=preempt0 Nodes=ALL DefaultTime=10 MaxTime=1-0 PriorityTier=1 PreemptMode=REQUEUE GraceTime=0 State=UP
PartitionName=cancel   Nodes=ALL DefaultTime=10 MaxTime=1-0 PriorityTier=1 PreemptMode=CANCEL GraceTime=$GRACE State=UP
CONF
  if [ "$DB" = 1 ]; then
    (umask 077; cat >"$LAB/etc/slurmdbd.conf" <<CONF
DbdHost=$HOST
DbdAddr=$ADDR
DbdPort=$((PORT + 2))
SlurmUser=$ME
AuthType=auth/munge
AuthInfo=socket=$LAB/run/munge.socket
$comm
PidFile=$LAB/run/slurmdbd.pid
LogFile=$LAB/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=$ME
StorageLoc=slurm_acct_db
CONF
    )
    chmod 600 "$LAB/etc/slurmdbd.conf"
  fi
}

hosts_line() {
  local names= i n
  for ((i = 1; i <= NODES; i++)); do names+=" lab$i"; done
  [ -n "$(resolve "$FULLHOST")" ] || names+=" $FULLHOST"
  for n in $names; do [ "$(resolve "$n")" = "$ADDR" ] || break; n=; done
  [ -n "$n" ] || return 0
  hosts_unline
  echo "$ADDR$names $MARK" | as_root tee -a /etc/hosts >/dev/null 2>&1 ||
    say "WARNING: cannot write /etc/hosts: lab1.. do not resolve, torch.distributed through submitit needs that"
}
hosts_unline() {
  local t; t=$(awk -v m="$MARK" 'substr($0, length($0) - length(m) + 1) != m' /etc/hosts)
  [ "$t" != "$(cat /etc/hosts)" ] || return 0
  # not sed -i: /etc/hosts is often a bind mount that cannot be renamed over
  printf '%s\n' "$t" | as_root tee /etc/hosts >/dev/null || true
}

# ---- start ------------------------------------------------------------------------------------------
start_munge() {
  pid_of munged munged >/dev/null && return 0
  munged --key-file="$LAB/etc/munge.key" --socket="$LAB/run/munge.socket" --pid-file="$LAB/run/munged.pid" \
    --log-file="$LAB/log/munged.log" --seed-file="$LAB/run/munged.seed" --num-threads=2
}
start_db() {
  [ "$DB" = 1 ] || return 0
  local user=()
  [ "$(id -u)" != 0 ] || user=(--user=root)
  if [ ! -d "$LAB/db/mysql" ]; then
    rm -rf "$LAB/db"; mkdir -p "$LAB/db"
    # the system user ME may log in as SQL user ME over the unix socket, no password, nobody else
    mariadb-install-db --no-defaults --datadir="$LAB/db" "${user[@]}" --skip-test-db --skip-name-resolve \
      --innodb-log-file-size=16M --auth-root-authentication-method=socket --auth-root-socket-user="$ME" >"$LAB/log/mariadb-install.log" 2>&1 ||
      { rm -rf "$LAB/db"; tail -20 "$LAB/log/mariadb-install.log" >&2; die "mariadb-install-db failed"; }
  fi
  if ! pid_of mariadbd mariadbd >/dev/null; then
    setsid mariadbd --no-defaults --datadir="$LAB/db" "${user[@]}" --socket="$LAB/run/mysqld.sock" --pid-file="$LAB/run/mariadbd.pid" \
      --skip-networking --innodb-buffer-pool-size=64M --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=0 \
      --innodb-lock-wait-timeout=900 --performance-schema=OFF </dev/null >"$LAB/log/mariadbd.log" 2>&1 &
    wait_for 60 mariadbd test -S "$LAB/run/mysqld.sock"
    wait_for 10 mariadbd pid_of mariadbd mariadbd
  fi
  if ! pid_of slurmdbd slurmdbd >/dev/null; then
    # slurmdbd reads slurmdbd.conf next to SLURM_CONF; libmariadb takes the socket path from MYSQL_UNIX_PORT
    MYSQL_UNIX_PORT=$LAB/run/mysqld.sock slurmdbd
    wait_for 60 slurmdbd port_open $((PORT + 2))
  fi
}
start_ctld() {
  pid_of slurmctld slurmctld >/dev/null && return 0
  slurmctld
  wait_for 5 slurmctld pid_of slurmctld slurmctld       # gone at once on a configuration or port error
  wait_for 30 slurmctld scontrol ping
}
start_node() {
  pid_of "slurmd.lab$1" slurmd >/dev/null && return 0
  local uts=$UTS
  if [ "$uts" = auto ]; then uts=0; unshare --uts true 2>/dev/null && getent hosts "lab$1" >/dev/null && uts=1; fi
  if [ "$uts" = 1 ]; then
    unshare --uts sh -c 'echo "$0" >/proc/sys/kernel/hostname; exec slurmd -N "$0"' "lab$1"
  else
    slurmd -N "lab$1"
  fi
}
responding() { sinfo -h -n "$1" -p main -o %T | grep -qvE '\*$|down|unk'; }
all_idle() { [ "$(sinfo -h -N -p main -o %T | grep -cx idle)" = "$NODES" ]; }
all_up() { [ "$(sinfo -h -N -p main -o %T | grep -cxE 'idle|allocated|mixed|completing')" = "$NODES" ]; }

up() {
  local t0=$EPOCHREALTIME i
  mkdir -p "$LAB"/{run,log}
  install_packages
  local t1=$EPOCHREALTIME
  hosts_line
  if pid_of slurmctld slurmctld >/dev/null; then say "slurmctld runs already; configuration kept"; else write_config; fi
  start_munge
  start_db
  start_ctld
  if [ "$DB" = 1 ] && ! sacctmgr -nP show cluster lab format=cluster 2>/dev/null | grep -q '^lab$'; then
    sacctmgr -i -Q add cluster lab >/dev/null
  fi
  for ((i = 1; i <= NODES; i++)); do start_node "$i"; done
  wait_for 30 "idle nodes" all_up
  say "up: packages $(awk "BEGIN{printf \"%.1f\", $t1-$t0}") s, cluster $(awk "BEGIN{printf \"%.1f\", $EPOCHREALTIME-$t1}") s;  eval \"\$($0 env)\""
}

drain_jobs() {                        # drain_jobs SECONDS: cancel every job, wait a little for the steps to end
  local i ids
  timeout 5 scontrol ping 2>/dev/null | grep -q UP || return 0
  ids=$(timeout 5 squeue -h -o %A 2>/dev/null | sort -u || true)
  [ -n "$ids" ] || return 0
  # shellcheck disable=SC2086
  timeout 10 scancel $ids 2>/dev/null || true
  for ((i = 0; i < $1 * 10; i++)); do [ -n "$(timeout 5 squeue -h -o %A 2>/dev/null)" ] || return 0; sleep 0.1; done
}
kill_pids() { [ $# = 0 ] || kill -KILL "$@" 2>/dev/null || true; }

down() {
  local i p t=15
  for ((i = 1; i <= NODES; i++)); do pid_of "slurmd.lab$i" slurmd >/dev/null || t=2; done
  if [ -e "$SLURM_CONF" ]; then drain_jobs $t; fi
  for f in "$LAB"/run/slurmd.lab*.pid; do
    [ -e "$f" ] || continue
    f=${f##*/}; stop "${f%.pid}" slurmd
  done
  p=$(stepds); if [ -n "$p" ]; then say "killing left slurmstepd + tasks: $(echo $p)"; kill_pids $(tree $p); fi
  stop slurmctld slurmctld 15
  stop slurmdbd slurmdbd 15
  stop mariadbd mariadbd 30
  stop munged munged
  hosts_unline
  say "down"
}

env_() {
  echo "export SLURM_CONF='$SLURM_CONF' SLURM_LAB_DIR='$LAB'"
}

case ${1:-} in
  up) up ;;
  run) shift; trap 'rc=$?; down; exit $rc' EXIT; up; SLURM_LAB_DIR=$LAB "$@" ;;
  down) down ;;
  purge) down; rm -rf "$LAB"/{etc,run,log,state,spool,db,dev} ;;
  env) env_ ;;
  status)
    for f in "$LAB"/run/*.pid; do [ -e "$f" ] && echo "$(basename "$f" .pid) $(cat "$f") $(comm_of "$(tr -dc 0-9 <"$f")")"; done
    timeout 10 sinfo -N -l || true; timeout 10 squeue || true ;;
  reset)
    for ((i = 1; i <= NODES; i++)); do start_node "$i"; done
    drain_jobs 8
    for ((i = 1; i <= NODES; i++)); do
      # down + resume also ends a job that is stuck in COMPLETING because its node had died
      sinfo -h -n "lab$i" -p main -o %T | grep -qx idle ||
        { scontrol update nodename="lab$i" state=down reason=reset; scontrol update nodename="lab$i" state=resume; }
    done
    wait_for 40 "idle nodes" all_idle ;;
  kill-node)
    n=lab${2:?node number}
    p=$(tree $(stepds "$n"))
    s=$(pid_of "slurmd.$n" slurmd || true)
    kill_pids $s $p; rm -f "$LAB/run/slurmd.$n.pid"
    say "killed slurmd ${s:-none}, steps: $(echo $p)" ;;
  start-node)
    # A node that went DOWN gets late kill messages for its former jobs when it is back; if a requeued job
    # were started there at once, it would be killed by them.  So let it come back drained, then resume it.
    n=lab${2:?node number}; d=
    if sinfo -h -n "$n" -p main -o %T | grep -q '^down'; then
      d=1; scontrol update nodename="$n" state=drain reason=slurm-lab
    fi
    start_node "$2"
    [ -z "$d" ] || { sleep 8; scontrol update nodename="$n" state=resume; }
    wait_for 30 "$n" responding "$n" ;;
  kill-slurmd)                        # only the daemon: the tasks live on
    s=$(pid_of "slurmd.lab${2:?node number}" slurmd || true); kill_pids $s; rm -f "$LAB/run/slurmd.lab$2.pid" ;;
  *) sed -n '2,15p' "$0"; exit 2 ;;
esac
