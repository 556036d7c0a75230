-- `http-request lua.scim-auth BACKEND` asks scimward whether a request may pass.
--
-- 200: sets txn.scim_token_id and txn.scim_token_expires, and lets HAProxy go on. 401, 403 and 429:
-- answers the client as scimward did. Anything else, or no answer: 503. Nothing is remembered.

local TIMEOUT = 3 -- seconds without a byte
local PASSED_ON = { ["www-authenticate"] = true, ["retry-after"] = true, ["content-type"] = true }
local UNAVAILABLE = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"503",'
    .. '"detail":"The SCIM token cannot be checked at the moment. Try again later."}'

-- The question. HTTP/1.0, so that the answer ends with the connection.
local function question(txn)
    local lines = { "GET /forward-auth HTTP/1.0", "Host: scimward" }
    local headers = txn.http:req_get_headers()
    -- Every line as it came: two tokens must stay two.
    for _, name in ipairs({ "authorization", "user-agent" }) do
        local values = headers[name] or {}
        for index = 0, 100 do
            if values[index] == nil then break end
            lines[#lines + 1] = name .. ": " .. values[index]
        end
    end
    lines[#lines + 1] = "X-Forwarded-For: " .. txn.sf:src()
    return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- The answer as { status, headers, body }, or nil if it is not one.
local function parse(text)
    local head, body = text:match("^(.-)\r\n\r\n(.*)$")
    local status = head and head:match("^HTTP/1%.[01] (%d%d%d)")
    if not status then return nil end
    local headers = {}
    for name, value in head:gmatch("\r\n([%w-]+):[ \t]*([^\r\n]*)") do
        headers[name:lower()] = value
    end
    -- An answer that was cut off is none.
    if #body ~= tonumber(headers["content-length"]) then return nil end
    return { status = tonumber(status), headers = headers, body = body }
end

local function ask(server, text)
    local host, port = server:get_addr():match("^(.*):(%d+)$")
    local socket = core.tcp()
    socket:settimeout(TIMEOUT)
    local answer
    if host and socket:connect(host, tonumber(port)) and socket:send(text) then
        answer = socket:receive("*a")
    end
    socket:close()
    return answer and parse(answer)
end

-- The first server that answers decides; those that fail their health check are not asked.
local function decide(txn, backend)
    local text = question(txn)
    for _, server in pairs(backend.servers) do
        if server:get_stats().status:sub(1, 4) ~= "DOWN" then
            local answer = ask(server, text)
            if answer then return answer end
        end
    end
    return nil
end

local function refuse(txn, answer)
    local reply = txn:reply({ status = answer.status, body = answer.body })
    for name, value in pairs(answer.headers) do
        if PASSED_ON[name] then reply:add_header(name, value) end
    end
    reply:add_header("cache-control", "no-store")
    txn:done(reply)
end

core.register_action("scim-auth", { "http-req" }, function(txn, name)
    local backend = core.backends[name]
    local answer = backend and decide(txn, backend)
    local status = answer and answer.status
    local id = status == 200 and answer.headers["x-scim-token-id"]
    if id then
        txn:set_var("txn.scim_token_id", id)
        txn:set_var("txn.scim_token_expires", answer.headers["x-scim-token-expires"] or "")
    elseif status == 401 or status == 403 or status == 429 then
        refuse(txn, answer)
    else
        refuse(txn, {
            status = 503,
            headers = { ["content-type"] = "application/scim+json", ["retry-after"] = "30" },
            body = UNAVAILABLE,
        })
    end
end, 1)
