-- Spend one request in every window, or in none; and count it. One call is one step: nothing comes between.
-- KEYS: the windows. ARGV: limit and seconds of each, in turn; then tenant, caller, bucket, bytes sent, searches a day at
-- most (-1: any).
-- Answers {0, or which window refused, or -1 for the searches of the day; seconds to wait; searches today; warnings;
-- then of each window what is left, and the seconds until more comes back}.
local SLOTS, DAY = 60, 86400
local now = tonumber(redis.call('TIME')[1])
local day = math.floor(now / DAY)
local tenant, caller, bucket, bytes, most = unpack(ARGV, 2 * #KEYS + 1)
local refused, wait, windows = 0, 0, {}

-- A window is a list of {slot, count, slot, count, …}, oldest first; a slot is a sixtieth of it: a second of a minute.
-- The slot in which the window began counts whole, so never more than the limit pass in any so many seconds, and what was
-- spent is back a slot later at most.
for i, name in ipairs(KEYS) do
  local limit, seconds = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local long = seconds / SLOTS
  local slot = math.floor(now / long)
  local raw = redis.call('GET', name)
  local all, kept, spent = raw and cmsgpack.unpack(raw) or {}, {}, 0
  for at = 1, #all, 2 do
    if all[at] >= slot - SLOTS then
      kept[#kept + 1], kept[#kept + 2] = all[at], all[at + 1]
      spent = spent + all[at + 1]
    end
  end
  if spent >= limit then
    local left, needs = spent, seconds + long
    for at = 1, #kept, 2 do
      left = left - kept[at + 1]
      if left < limit then needs = (kept[at] + SLOTS + 1) * long - now break end
    end
    if needs > wait then refused, wait = i, needs end
  end
  windows[i] = {kept = kept, spent = spent, limit = limit, seconds = seconds, long = long, slot = slot}
end

local searches = 'searches:' .. tenant .. ':' .. day
local today = tonumber(redis.call('GET', searches) or 0)
if bucket == 'search' and tonumber(most) >= 0 and today >= tonumber(most) then
  local needs = (day + 1) * DAY - now
  if needs > wait then refused, wait = -1, needs end
end

local counted = day .. '|' .. tenant .. '|' .. caller .. '|'
if refused ~= 0 then
  redis.call('HINCRBY', 'usage', counted .. 'refused', 1)
else
  for i, name in ipairs(KEYS) do
    local window = windows[i]
    local kept = window.kept
    if kept[#kept - 1] == window.slot then
      kept[#kept] = kept[#kept] + 1
    else
      kept[#kept + 1], kept[#kept + 2] = window.slot, 1
    end
    window.spent = window.spent + 1
    redis.call('SET', name, cmsgpack.pack(kept), 'EX', window.seconds + window.long)
  end
  if bucket == 'search' then
    today = redis.call('INCR', searches)
    redis.call('EXPIRE', searches, 2 * DAY)
  end
  redis.call('HINCRBY', 'usage', counted .. bucket, 1)
  if tonumber(bytes) > 0 then redis.call('HINCRBY', 'usage', counted .. 'bytes_in', bytes) end
end

local answer = {refused, wait, today, redis.call('GET', 'quota:' .. tenant) or ''}
for _, window in ipairs(windows) do
  answer[#answer + 1] = math.max(0, window.limit - window.spent)
  local oldest = window.kept[1]
  answer[#answer + 1] = oldest and (oldest + SLOTS + 1) * window.long - now or window.seconds
end
return answer
