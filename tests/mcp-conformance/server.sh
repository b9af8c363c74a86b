# shellcheck shell=bash
# The official suite drives $FLOTILLA_BIN as a server. Sourced by ./run.

# server_run PACKAGE ARGUMENT...: one run of the suite; counts checks, a warning is a failure.
server_run() {
  local package=$1 out status=0 good bad
  shift
  out=$scratch/results-$((++runs))
  node "node_modules/$package/dist/index.js" server --url "$url/mcp" "$@" -o "$out" \
    >"$out.txt" 2>&1 || status=$?
  read -r good bad < <(node count.mjs "$out" "$out.txt")
  printf '   %-16s %-30s %4d passed, %d failed\n' "$package" "$*" "$good" "$bad"
  if [[ $status != 0 && $bad == 0 ]] || [[ $good == 0 ]]; then bad=$((bad + 1)); fi
  if ((bad > 0)); then tail -n 40 "$out.txt"; fi
  passed=$((passed + good))
  failed=$((failed + bad))
}

start_server() {
  # The program refuses variables of its prefix that it does not know.
  env -u FLOTILLA_BIN -u FLOTILLA_PRESET -u FLOTILLA_CRASH_ROUNDS -u FLOTILLA_FUZZ_SECONDS \
    "$FLOTILLA_BIN" serve --conformance --listen 127.0.0.1:0 --database sqlite::memory: \
    >"$scratch/server.out" 2>"$scratch/server.log" &
  server=$!
  local line i
  for ((i = 0; i < 300; i++)); do
    line=$(grep -m1 '^flotilla listening on ' "$scratch/server.out" || true)
    if [[ -n $line ]]; then
      # The suite looks at the host name's own protections, so that it needs one.
      url=http://localhost:${line##*:}
      return
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$scratch/server.log"
  return 1
}

server_suites() {
  if ! start_server; then
    failed=$((failed + 1))
    return
  fi
  server_run conformance --requirements 2025-11-25
  server_run conformance --requirements 2026-07-28
  server_run conformance --suite active
  server_run conformance --suite draft
  server_run conformance-0-1 --suite active
  kill "$server"
  local status=0
  wait "$server" || status=$?
  if [[ $status == 0 ]]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED: the server ended with $status"
    tail -n 40 "$scratch/server.log"
  fi
}
