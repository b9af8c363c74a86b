# shellcheck shell=bash disable=SC2154
# `./dev test`: parts in order, each timed, results summed over everything. Sourced by ./dev.
#
# A suite is an executable tests/NAME/run. It gets FLOTILLA_BIN (the program to test),
# FLOTILLA_PRESET (how it was built), FLOTILLA_CRASH_ROUNDS, and Node 22 first in PATH; its last
# line is `N passed, N failed`. Suites named interop* and crash* run on the release build, fuzz on
# its own, all others under the sanitizers.

passed=0
failed=0
failures=()
summary=()
quick=0
full=0
FLOTILLA_CRASH_ROUNDS=${FLOTILLA_CRASH_ROUNDS:-200}
FLOTILLA_FUZZ_SECONDS=${FLOTILLA_FUZZ_SECONDS:-8}
readonly unit_test_limit=300 suite_limit=1500
readonly tsan_rooms=(async http db core)
readonly probes=(mcp_client_probe)

run_tests() {
  parse_test_arguments "$@"
  mkdir -p build/logs
  export FLOTILLA_CRASH_ROUNDS FLOTILLA_FUZZ_SECONDS
  export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19
  export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:external_symbolizer_path=/usr/bin/llvm-symbolizer-19
  part "packages" part_packages
  part "lint" part_lint
  if ((quick)); then
    part "dev build and unit tests" part_unit dev
  else
    part "release build" part_release
    part "asan build, unit tests, suites" part_asan
    part "tsan build, tests of ${tsan_rooms[*]}, suites" part_tsan
    if ((full)); then part_full; fi
    part "fuzz build, fuzz smoke" part_fuzz
    part "interoperability" part_suites release interop
    part "crash tests, $FLOTILLA_CRASH_ROUNDS rounds" part_suites release crash
  fi
  report
}

parse_test_arguments() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --quick) quick=1 ;;
      --full) full=1 ;;
      --crash-rounds)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "--crash-rounds needs a number above 0"
        FLOTILLA_CRASH_ROUNDS=$2
        shift
        ;;
      --fuzz-seconds)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "--fuzz-seconds needs a number above 0"
        FLOTILLA_FUZZ_SECONDS=$2
        shift
        ;;
      *) die "test takes --quick, --full, --crash-rounds N, --fuzz-seconds N; not '$1'" ;;
    esac
    shift
  done
}

# part TITLE FUNCTION [ARGUMENT...]: one timed part. Its function counts by itself.
part() {
  local title=$1 start=$SECONDS before_passed=$passed before_failed=$failed line
  shift
  say "== $title"
  "$@" || true
  line=$(printf '%-52s %s  %d passed, %d failed' "$title" "$(minutes $((SECONDS - start)))" \
    $((passed - before_passed)) $((failed - before_failed)))
  summary+=("$line")
  say "-- $line"
}

minutes() { printf '%2dm%02ds' $(($1 / 60)) $(($1 % 60)); }

report() {
  local line
  printf '\n'
  say "== summary, $(minutes "$SECONDS") in all"
  for line in "${summary[@]}"; do printf '%s\n' "$line"; done
  for line in "${failures[@]}"; do printf 'FAILED: %s\n' "$line"; done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  if ((failed > 0)); then exit 1; fi
}

pass() { passed=$((passed + ${1:-1})); }

# fail COUNT WHAT: counts failures and remembers them for the report.
fail() {
  failed=$((failed + $1))
  failures+=("$2")
  printf 'FAILED: %s\n' "$2"
}

part_packages() {
  local tool
  if need_packages build test; then pass; else fail 1 "packages: apt could not install them"; fi
  for tool in clang++-19 clang-format-19 clang-tidy-19 clang-query-19 g++ cmake ninja; do
    if command -v "$tool" >/dev/null; then pass; else fail 1 "toolchain: $tool is missing"; fi
  done
  ((quick)) || if need_node; then pass; else fail 1 "toolchain: no Node $node_version"; fi
}

part_lint() {
  local log=build/logs/lint.log arguments=() head
  if ((quick)); then
    arguments=(--quick)
  elif ! ((full)); then
    # clang-tidy, GCC and lone headers take half an hour over everything when nothing is cached, so
    # each commit has its third; `./dev lint` and --full look at all.
    head=$(git rev-parse --short=6 HEAD 2>/dev/null) || head=0
    arguments=(--part "$((16#$head % 3))/3")
  fi
  ./dev lint "${arguments[@]}" 2>&1 | tee "$log"
  count_last_line "lint" "${PIPESTATUS[0]}" "$log"
}

# count_last_line WHAT EXIT_STATUS LOG: adds up what a suite's last line says.
count_last_line() {
  local last
  last=$(tail -n 1 "$3")
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    pass "${BASH_REMATCH[1]}"
    if ((BASH_REMATCH[2] > 0)); then
      fail "${BASH_REMATCH[2]}" "$1: see $3"
    elif (($2 != 0)); then
      fail 1 "$1: exit status $2 although nothing failed, see $3"
    fi
  else
    fail 1 "$1: ended with status $2 and no count, see $3"
  fi
}

# try_build PRESET [TARGET...]
try_build() {
  local log=build/logs/build-$1.log start=$SECONDS
  if (build_preset "$@" -k 0) >"$log" 2>&1; then
    pass
    printf '   built %s in %s\n' "$1" "$(minutes $((SECONDS - start)))"
  else
    grep -E '(error|undefined symbol|warning): ' "$log" | grep -v '^/usr/bin/env' | cut -c1-400 |
      head -40 || tail -40 "$log"
    fail 1 "$1: does not build, see $log"
    return 1
  fi
}

# with_sanitizer PRESET COMMAND...: tsan needs its shadow memory where address randomisation may
# already have put something.
with_sanitizer() {
  local preset=$1
  shift
  if [[ $preset == tsan ]] && setarch "$(uname -m)" -R true 2>/dev/null; then
    setarch "$(uname -m)" -R "$@"
  else
    "$@"
  fi
}

# unit_test PRESET PROGRAM: counts by the report that GoogleTest writes at its end.
unit_test() {
  local name what status=0 log json total bad skipped start=$SECONDS
  name=$(basename "$2")
  what="$1 $name"
  log=build/logs/$1-$name.log
  json=$ROOT/build/logs/$1-$name.json
  rm -f "$json"
  with_sanitizer "$1" timeout -k 10 "$unit_test_limit" "$2" --gtest_brief=1 \
    "--gtest_output=json:$json" >"$log" 2>&1 || status=$?
  if [[ ! -s $json ]]; then
    tail -n 40 "$log"
    fail 1 "$what: ended with status $status before its report, see $log"
    return
  fi
  total=$(sed -n 's/^  "tests": \([0-9]*\),$/\1/p' "$json")
  bad=$(sed -n 's/^  "failures": \([0-9]*\),$/\1/p' "$json")
  skipped=$(grep -c '"result": "SKIPPED"' "$json" || true)
  pass $((total - bad - skipped))
  printf '   %-28s %4d passed, %d failed, %d skipped  %s\n' "$what" $((total - bad - skipped)) \
    "$bad" "$skipped" "$(minutes $((SECONDS - start)))"
  if ((bad > 0)); then
    grep -E '^\[  FAILED  \]|Failure$' "$log" | head -20
    fail "$bad" "$what: see $log"
  elif ((status != 0)); then
    tail -n 40 "$log"
    fail 1 "$what: status $status although no test failed, see $log"
  fi
}

# unit_tests PRESET [ROOM...]: of all rooms without ROOM.
unit_tests() {
  local preset=$1 program room programs=()
  shift
  if [[ $# -eq 0 ]]; then
    mapfile -t programs <"build/$preset/unit_tests.txt"
  else
    for room in "$@"; do programs+=("${room}_test"); done
  fi
  for program in "${programs[@]}"; do
    [[ -n $program ]] || continue
    if [[ -x build/$preset/$program ]]; then
      unit_test "$preset" "build/$preset/$program"
    else
      fail 1 "$preset $program: was not built"
    fi
  done
}

# suites KIND: the suites that run on release (interop, crash), under sanitizers (integration), or
# with programs of the test build (probes).
suites() {
  local run name
  for run in tests/*/run; do
    [[ -x $run ]] || continue
    name=$(basename "$(dirname "$run")")
    case $1:$name in
      interop:interop-kagent) if ((full)); then printf '%s\n' "$name"; fi ;; # half a GiB of packages
      interop:interop* | crash:crash* | probes:mcp-conformance | probes:schema) printf '%s\n' "$name" ;;
      *:interop* | *:crash* | *:fuzz | *:mcp-conformance | *:schema) ;;
      integration:*) printf '%s\n' "$name" ;;
    esac
  done
}

run_suite() {
  local preset=$1 name=$2 log=build/logs/$1-suite-$2.log status=0 start=$SECONDS
  local limit=$suite_limit
  [[ $name != fuzz ]] || limit=$((suite_limit + 60 * FLOTILLA_FUZZ_SECONDS))
  printf '   suite %s on %s\n' "$name" "$preset"
  if [[ -f tests/$name/package-lock.json ]] &&
    ! { need_node && need_node_modules "tests/$name"; }; then
    fail 1 "suite $name: its Node packages cannot be installed"
    return
  fi
  FLOTILLA_BIN=$ROOT/build/$preset/flotilla FLOTILLA_PRESET=$preset \
    with_sanitizer "$preset" timeout -k 30 "$limit" "tests/$name/run" 2>&1 |
    tee "$log" || status=${PIPESTATUS[0]}
  printf '   suite %s took %s\n' "$name" "$(minutes $((SECONDS - start)))"
  count_last_line "$preset suite $name" "$status" "$log"
}

# part_suites PRESET KIND
part_suites() {
  local names name
  mapfile -t names < <(suites "$2")
  if [[ ${#names[@]} -eq 0 ]]; then
    printf '   no %s suite in tests/\n' "$2"
    return
  fi
  if [[ ! -x build/$1/flotilla ]]; then
    fail "${#names[@]}" "$2 suites: there is no build/$1/flotilla"
    return
  fi
  for name in "${names[@]}"; do run_suite "$1" "$name" </dev/null; done
}

part_release() {
  try_build release flotilla
}

part_unit() {
  try_build "$1" || return
  unit_tests "$1"
}

part_asan() {
  try_build asan flotilla unit_tests "${probes[@]}" || return
  unit_tests asan
  part_suites asan integration
  part_suites asan probes
}

part_tsan() {
  try_build tsan flotilla "${tsan_rooms[@]/%/_test}" || return
  unit_tests tsan "${tsan_rooms[@]}"
  part_suites tsan integration
}

part_fuzz() {
  [[ -x tests/fuzz/run ]] || return
  try_build fuzz fuzz_targets || return
  run_suite fuzz fuzz </dev/null
}

# The rest of the matrix: every unit test and every suite on every preset.
part_full() {
  local preset kind
  for preset in dev gcc tsan; do part "full: $preset unit tests" part_unit "$preset"; done
  for preset in dev gcc release; do
    part "full: $preset suites" part_suites "$preset" integration
  done
  for preset in dev gcc asan tsan; do
    for kind in interop crash; do
      part "full: $preset $kind" part_suites "$preset" "$kind"
    done
  done
}
