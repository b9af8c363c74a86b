# shellcheck shell=bash
# The same suites through a Flotilla that federates the server under test. Sourced by ./run.

gateway_suites() {
  local upstream gateway line i status=0
  if ! start_server; then
    failed=$((failed + 1))
    return
  fi
  upstream=$server
  cat >"$scratch/toolserver.yaml" <<YAML
apiVersion: flotilla.dev/v1
kind: ToolServer
metadata: {name: conformance}
spec:
  url: ${url/localhost/127.0.0.1}/mcp
  prefix: ""
YAML
  env -u FLOTILLA_BIN -u FLOTILLA_PRESET -u FLOTILLA_CRASH_ROUNDS -u FLOTILLA_FUZZ_SECONDS \
    "$FLOTILLA_BIN" serve --apply "$scratch/toolserver.yaml" --listen 127.0.0.1:0 \
    --database sqlite::memory: >"$scratch/gateway.out" 2>"$scratch/gateway.log" &
  gateway=$!
  for ((i = 0; i < 300; i++)); do
    line=$(grep -m1 '^flotilla listening on ' "$scratch/gateway.out" || true)
    [[ -n $line ]] && break
    sleep 0.1
  done
  url=http://localhost:${line##*:}
  for ((i = 0; i < 300; i++)); do
    curl -sf "$url/api/v1/namespaces/default/toolservers/conformance" |
      grep -q '"type":"Ready","status":"True"' && break
    sleep 0.1
  done
  echo "   through the gateway:"
  server_run conformance --requirements 2025-11-25
  server_run conformance --requirements 2026-07-28
  kill "$gateway"
  wait "$gateway" || status=$?
  if [[ $status == 0 ]]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED: the gateway ended with $status"
    tail -n 40 "$scratch/gateway.log"
  fi
  kill "$upstream"
  status=0
  wait "$upstream" || status=$?
  if [[ $status == 0 ]]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED: the server behind the gateway ended with $status"
  fi
}
