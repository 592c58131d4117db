-- What was spent in every window, as spend.lua counts it, and the seconds until some of it is back. Nothing is spent.
-- KEYS: the windows. ARGV: the seconds of each. Answers {spent, seconds, spent, seconds, …}.
local SLOTS = 60
local now = tonumber(redis.call('TIME')[1])
local answer = {}
for i, name in ipairs(KEYS) do
  local long = ARGV[i] / SLOTS
  local begun = math.floor(now / long) - SLOTS
  local raw = redis.call('GET', name)
  local all, oldest, spent = raw and cmsgpack.unpack(raw) or {}, nil, 0
  for at = 1, #all, 2 do
    if all[at] >= begun then
      oldest = oldest or all[at]
      spent = spent + all[at + 1]
    end
  end
  answer[#answer + 1] = spent
  answer[#answer + 1] = oldest and (oldest + SLOTS + 1) * long - now or tonumber(ARGV[i])
end
return answer
