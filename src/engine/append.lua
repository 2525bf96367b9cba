-- Appends one event to a journal if everything that it was decided on still holds. The same rule as a pure function is
-- operation/append.ts; both are played against each other in tests. `now` (ms) is set by the line before this one.
local journal, state, owner, restore, open, behind, labels, recent, ofCloud, once = unpack(KEYS)
local id, seq, hash, line, time, notAfter, mode, claim, own, single, ends, label, leaseMs, maxAge, lineHash, onceMs = unpack(ARGV)

if once ~= '' then
  local earlier = redis.call('GET', once)
  if earlier then return {'duplicate', earlier} end
end
local head = redis.call('HMGET', state, 'seq', 'hash', 'claim', 'until')
if (tonumber(head[1]) or 0) ~= tonumber(seq) then return {'moved'} end
if tonumber(seq) > 0 and head[2] ~= hash then return {'moved'} end
if tonumber(time) > now or tonumber(time) < now - tonumber(maxAge) then return {'clock'} end
if notAfter ~= '' and now > tonumber(notAfter) then return {'late'} end
local alive = head[3] and tonumber(head[4]) > now
if mode == 'take' and alive and head[3] ~= claim then return {'claimed', head[3]} end
if (mode == 'hold' or mode == 'drop') and not (alive and head[3] == claim) then return {'not_driver'} end
local owns = redis.call('GET', owner)
if own == 'take' and owns and owns ~= id then return {'owned', owns} end
if own == 'need' and owns ~= id then return {'not_owner'} end
local restores = redis.call('GET', restore)
if single == 'take' and restores and restores ~= id then return {'another', restores} end

redis.call('RPUSH', journal, line)
redis.call('HSET', state, 'seq', tonumber(seq) + 1, 'hash', lineHash)
if mode == 'take' then redis.call('HSET', state, 'claim', claim, 'until', string.format('%d', now + tonumber(leaseMs))) end
if mode == 'drop' then redis.call('HDEL', state, 'claim', 'until') end
if own == 'take' then redis.call('SET', owner, id) end
if own == 'drop' and owns == id then redis.call('DEL', owner) end
if single == 'take' then redis.call('SET', restore, id) end
if single == 'drop' and restores == id then redis.call('DEL', restore) end
if ends == '1' then redis.call('SREM', open, id) elseif seq == '0' then redis.call('SADD', open, id) end
redis.call('SADD', behind, id)
if label ~= '' then
  redis.call('HSET', labels, label, id)
  redis.call('ZADD', recent, time, id)
  redis.call('ZADD', ofCloud, time, id)
end
if once ~= '' then redis.call('SET', once, id, 'PX', onceMs) end
return {'appended'}
