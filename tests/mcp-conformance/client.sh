# shellcheck shell=bash disable=SC2154
# The official suite drives our client through mcp_client_probe, which is built beside
# $FLOTILLA_BIN. Sourced by ./run.

# client_run ARGUMENT...: one run of the suite; counts checks, a warning is a failure.
client_run() {
  local probe out status=0 good=0 bad=0
  local total='^Total: ([0-9]+) passed, ([0-9]+) failed, ([0-9]+) warnings'
  probe=$(dirname "$FLOTILLA_BIN")/mcp_client_probe
  out=$scratch/results-$((++runs))
  node node_modules/conformance/dist/index.js client --command "$probe" "$@" -o "$out" \
    >"$out.txt" 2>&1 || status=$?
  if [[ $(grep -m1 '^Total: ' "$out.txt") =~ $total ]]; then
    good=${BASH_REMATCH[1]}
    bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
  fi
  printf '   %-16s %-30s %4d passed, %d failed\n' "client" "$*" "$good" "$bad"
  if [[ $status != 0 && $bad == 0 ]] || [[ $good == 0 ]]; then bad=$((bad + 1)); fi
  if ((bad > 0)); then tail -n 60 "$out.txt"; fi
  passed=$((passed + good))
  failed=$((failed + bad))
}

client_suites() {
  client_run --requirements 2025-11-25
  client_run --requirements 2026-07-28
  client_run --suite backcompat
}
