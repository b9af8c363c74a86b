-- wrk script: sends messages with ids and texts that never repeat and checks every answer.
-- Arguments: 1.0 or 0.3, and a seed of eight characters that no other run uses.
local workers = {}

function setup(thread)
  thread:set("number", #workers)
  workers[#workers + 1] = thread
end

local dialects = {
  ["1.0"] = {
    open = '"method":"SendMessage","params":{"message":{"messageId":"',
    text = '","role":"ROLE_USER","parts":[{"text":"Please echo sentence ',
    success = '"state":"TASK_STATE_COMPLETED"',
  },
  ["0.3"] = {
    open = '"method":"message/send","params":{"message":{"kind":"message","messageId":"',
    text = '","role":"user","parts":[{"kind":"text","text":"Please echo sentence ',
    success = '"state":"completed"',
  },
}
local close = ' word by word."}]}}}'
local head, dialect, seed
local count = 0
failures = 0
example = ""

function init(args)
  dialect = dialects[args[1]]
  seed = args[2] .. "-" .. number .. "-"
  local id = seed .. string.format("%012d", 0)
  local length = #('{"jsonrpc":"2.0","id":"' .. id .. '",' .. dialect.open .. id .. dialect.text .. id .. close)
  head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"]
    .. "\r\nContent-Type: application/json\r\nA2A-Version: " .. args[1]
    .. "\r\nContent-Length: " .. length .. '\r\n\r\n{"jsonrpc":"2.0","id":"'
end

function request()
  count = count + 1
  local id = seed .. string.format("%012d", count)
  return head .. id .. '",' .. dialect.open .. id .. dialect.text .. id .. close
end

function response(status, _, body)
  if status == 200 and body:find(dialect.success, 1, true)
    and body:find('"artifacts":[{"artifactId":', 1, true)
    and body:find('"text":"Please echo sentence ' .. seed, 1, true) then
    return
  end
  failures = failures + 1
  if example == "" then example = status .. " " .. body:sub(1, 300) end
end

function done(summary, latency)
  local bad, shown = 0, ""
  for _, thread in ipairs(workers) do
    bad = bad + thread:get("failures")
    if shown == "" then shown = thread:get("example") end
  end
  local errors = summary.errors
  io.write(string.format("RESULT requests=%d duration_us=%d p50_us=%d p99_us=%d max_us=%d "
    .. "connect=%d read=%d write=%d timeout=%d status=%d wrong=%d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.timeout, errors.status, bad))
  if shown ~= "" then io.write("EXAMPLE " .. shown .. "\n") end
end
