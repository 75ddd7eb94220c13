# Shared by the scripts beside it, which source it: where things are, what must be installed, how a result is written.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/artifacts/environments
results=${RESULTS:-$out/results.tsv}
shares=$out/shares.tsv
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pidfdprocess
mkdir -p "$out" "$cache/kernels"

say() { printf '== %s\n' "$*"; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# need COMMAND=PACKAGE... installs the packages of the commands that are missing.
need() {
  local pair missing=()
  for pair; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  if ((${#missing[@]})); then
    say "installing ${missing[*]}"
    { apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$out/apt.log" 2>&1 ||
      die "cannot install ${missing[*]}: see $out/apt.log"
  fi
}

# publish NAME FRAMEWORK RUNTIME OPTION... publishes Conformance to $out/NAME and sets $app to the program. A warning is an error.
publish() {
  local name=$1 framework=$2 runtime=$3
  shift 3
  app=$out/$name/Conformance
  say "publishing $name"
  dotnet publish "$root/test/Conformance" -c Release -o "$out/$name" -f "$framework" \
    -p:ConformanceFramework="$framework" -p:ConformanceRuntime="$runtime" "$@" >"$out/$name.log" 2>&1 || {
    cat "$out/$name.log"
    die "cannot publish $name"
  }
  # NU19..: what the audit of packages says depends on the day and the package source.
  if grep -E 'warning [A-Z]+[0-9]+' "$out/$name.log" | grep -v 'warning NU19'; then
    die "publishing $name gave warnings"
  fi
}

# .NET's name of this machine.
case $(uname -m) in
  aarch64) rid=linux-arm64 ;;
  *) rid=linux-x64 ;;
esac

# The cases that need rights which a user may lack, and the one that root cannot try.
# shellcheck disable=SC2034 # read by the scripts that source this one
rights_cases=signal-not-permitted,recycled-pid,identity-recycled,identity-out-of-namespace,identity-into-namespace

# The self-contained program for this machine.
publish_here() { publish "$rid" net10.0 "$rid"; }

# What the SDK links a Native AOT program with.
need_linker() {
  need clang=clang
  [[ -e /usr/include/zlib.h ]] || { apt-get update -q && apt-get install -y -q --no-install-recommends zlib1g-dev; } >"$out/apt.log" 2>&1
}

# The same as Native AOT.
publish_aot() {
  need_linker
  publish native-aot net10.0 "$rid" -p:ConformanceAot=true -p:TrimmerSingleWarn=false
}

# record NAME LINE replaces the line of an environment (fields as Conformance writes them, see --results).
record() {
  touch "$results"
  { grep -v "^$1	" "$results" || true; printf '%s\n' "$2"; } >"$results.new"
  mv "$results.new" "$results"
}

# skip NAME WHY records an environment that could not be made here.
skip() {
  say "$1: skipped: $2"
  record "$1" "$(printf '%s\t-\t-\t0\t0\t1\t%s' "$1" "$2")"
}

# record_share LOG takes the line of an environment with the measured shares out of a log, if there is one.
record_share() {
  local line
  line=$(sed -n 's/^share: //p' "$1")
  [[ $line ]] || return 0
  touch "$shares"
  { grep -v "^${line%%	*}	" "$shares" || true; printf '%s\n' "$line"; } >"$shares.new"
  mv "$shares.new" "$shares"
}

# record_sum NAME FILE adds up the lines of FILE, all of one environment, and records the sum. The cases that were skipped are named once,
# with how many runs skipped them: each run has its own reason.
record_sum() {
  record "$1" "$(awk -F '\t' -v OFS='\t' -v name="$1" '
    { kernel = $2; runtime = $3; passed += $4; failed += $5; skipped += $6
      count = split($7, skips, "; ")
      for (i = 1; i <= count; i++) if (match(skips[i], /^[a-z0-9-]+: /)) {
        each = substr(skips[i], 1, RLENGTH - 2)
        if (!runs[each]++) order[++names] = each } }
    END {
      for (i = 1; i <= names; i++) text = text (i > 1 ? ", " : "") order[i] " in " runs[order[i]]
      print name, kernel, runtime, passed + 0, failed + 0, skipped + 0, (text ? "of " NR " runs: " text : "") }' "$2")"
}

# run NAME COMMAND... runs a program that takes the options of Conformance, shows what did not pass, and records the result.
run() {
  local name=$1 line status=0
  shift
  say "$name"
  rm -f "$out/result"
  "$@" --environment "$name" --results "$out/result" >"$out/run.log" 2>&1 || status=$?
  grep -v '^passed' "$out/run.log" || true
  [[ -s $out/result ]] || die "$name: no result (exit code $status); see $out/run.log"
  record "$name" "$(cat "$out/result")"
  record_share "$out/run.log"
  ((status == 0)) || die "$name: exit code $status"
}

# run_unit_tests NAME DIRECTORY FRAMEWORK OPTION... runs the unit tests on the runtime that Conformance ran on last. The tests of the package and
# of the samples, and those that run a program for the SDK's own runtime, are left to "dotnet test".
run_unit_tests() {
  local name=$1 tests=$out/$2 framework=$3 status=0 skipped=
  shift 3
  say "publishing the unit tests"
  dotnet publish "$root/test/PidFdProcess.Tests" -c Release -o "$tests" -p:TestsFramework="$framework" -p:TestsRuntime="$rid" "$@" >"$tests.log" 2>&1 ||
    { cat "$tests.log"; die "cannot publish the unit tests"; }
  say "$name, unit tests"
  "$tests/PidFdProcess.Tests" --settings "$root/test/PidFdProcess.Tests/tests.runsettings" --progress off --no-ansi >"$out/run.log" 2>&1 || status=$?
  grep -A20 '^failed ' "$out/run.log" || true
  count() { sed -n "s/^  $1: //p" "$out/run.log"; }
  [[ $(count total) ]] || { cat "$out/run.log"; die "no unit test ran"; }
  (($(count skipped) == 0)) || skipped="those that run a program for the SDK's own runtime, and what the machine lacks"
  record "$name, unit tests" "$(awk -F '\t' -v OFS='\t' -v name="$name, unit tests" -v passed="$(count succeeded)" -v failed="$(count failed)" \
    -v skipped="$(count skipped)" -v why="$skipped" '{ print name, $2, $3, passed, failed, skipped, why }' "$out/result")"
  ((status == 0)) || die "$name, unit tests: exit code $status"
}

# run_tests NAME RUNTIME PROJECT FILTER WHY OPTION... runs tests of a project below test with "dotnet test", shows what did not pass, and records the
# result. WHY says why tests may be skipped.
run_tests() {
  local name=$1 runtime=$2 project=$3 filter=$4 why=$5 status=0
  shift 5
  say "$name"
  dotnet test "$root/test/$project" --nologo --filter "$filter" "$@" >"$out/run.log" 2>&1 || status=$?
  grep -A20 -E '^ *Failed ' "$out/run.log" || true
  grep -E '^ *Skipped ' "$out/run.log" || true
  count() { sed -nE "s/.*! +-.* $1: +([0-9]+),.*/\1/p" "$out/run.log"; }
  [[ $(count Passed) ]] || { cat "$out/run.log"; die "no test ran"; }
  [[ $(count Skipped) != 0 ]] || why=
  record "$name" "$(printf '%s\t' "$name" "$(uname -r)" "$runtime" "$(count Passed)" "$(count Failed)" "$(count Skipped)")$why"
  printf '%s passed, %s failed, %s skipped\n' "$(count Passed)" "$(count Failed)" "$(count Skipped)"
  ((status == 0)) || die "$name: exit code $status"
}

# sum_up adds up all results, and fails if one of ${failed[@]} did.
sum_up() {
  ((${#failed[@]} == 0)) || say "failed: ${failed[*]}"
  awk -F '\t' '{ passed += $4; failed += $5; skipped += $6 } END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$results"
  ((${#failed[@]} == 0))
}
