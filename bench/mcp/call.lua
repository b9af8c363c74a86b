-- wrk script: calls a trivial tool and checks every answer. Arguments: the session id (empty:
-- revision 2026-07-28, without sessions) and the tool's name.
local workers = {}

function setup(thread)
  workers[#workers + 1] = thread
end

local message
local count = 0
failures = 0
example = ""

function init(args)
  local session, tool = args[1], args[2]
  local params = '"params":{"name":"' .. tool .. '","arguments":{}'
  local fields = ""
  if session == "none" then
    params = params .. ',"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
      .. '"io.modelcontextprotocol/clientCapabilities":{}}'
    fields = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: " .. tool .. "\r\n"
  else
    fields = "MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: " .. session .. "\r\n"
  end
  local tail = ',"method":"tools/call",' .. params .. "}}"
  message = function(id)
    local body = '{"jsonrpc":"2.0","id":' .. id .. tail
    return "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"]
      .. "\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
      .. fields .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
  end
end

function request()
  count = count + 1
  return message(count)
end

function response(status, _, body)
  if status == 200 and body:find("This is a simple text response for testing.", 1, true) then return end
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
