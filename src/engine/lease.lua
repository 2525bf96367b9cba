-- Prolongs a lease, or gives it back (`leaseMs` 0). `now` (ms) is set by the line before this one.
local held = redis.call('HMGET', KEYS[1], 'claim', 'until')
if held[1] ~= ARGV[1] or tonumber(held[2]) <= now then return 0 end
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[1], 'claim', 'until')
else
  redis.call('HSET', KEYS[1], 'until', string.format('%d', now + tonumber(ARGV[2])))
end
return 1
