-- StartExecution or StartSyncExecution, under a name of its own for each. OPERATION and MACHINE are in the environment.
local operation = os.getenv("OPERATION") or "StartExecution"
local machine = os.getenv("MACHINE")
local payload = string.rep("x", tonumber(os.getenv("PAYLOAD") or "170"))
local threads = 0

function setup(thread)
   threads = threads + 1
   thread:set("number", threads)
end

function init()
   wrk.method = "POST"
   wrk.path = "/"
   wrk.headers["Content-Type"] = "application/x-amz-json-1.0"
   wrk.headers["X-Amz-Target"] = "AWSStepFunctions." .. operation
   count = 0
   prefix = string.format("b%d-%d-%d", os.time(), number, math.floor(os.clock() * 1e6))
end

function request()
   count = count + 1
   local name = prefix .. "-" .. count
   return wrk.format(nil, nil, nil,
      '{"stateMachineArn":"' .. machine .. '","name":"' .. name .. '","input":"{\\"payload\\":\\"' .. payload .. '\\"}"}')
end

failed = 0
function response(status) if status ~= 200 then failed = failed + 1 end end

function done(summary, latency)
   io.write(string.format(
      'RESULT {"requests":%d,"seconds":%.3f,"per_second":%.1f,"p50_ms":%.3f,"p99_ms":%.3f,"failed":%d}\n',
      summary.requests, summary.duration / 1e6, summary.requests / (summary.duration / 1e6),
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout))
end
