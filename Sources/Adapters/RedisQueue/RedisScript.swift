/// What Redis runs for one queue, as one step that nothing comes between.
///
/// `KEYS[1]` is the queue's settings, a hash `{PREFIX:QUEUE}:conf`; all other keys of the queue have the
/// same hash tag, so that one node of a cluster has them all, and are named behind it
/// `KIND:GROUP`, with an empty name for the queue's own consumers:
///
/// - `0` … `9`: streams, one for each priority in use. Their consumer group `nb` tells what was
///   handed out before; an entry goes when its message is settled.
/// - `d`: a stream of what waits for its time, or for a message of its group before it.
/// - `held`: a hash, message → `ATTEMPTS:STREAM:PRIORITY:TOKEN:FIFO-GROUP` of all that was handed
///   out or waits. XACK and XCLAIM take any consumer's word; the token proves whose a message is.
/// - `lease`, `wait`: sorted sets, message → when its lease ends, or when it is due.
/// - `again`: a sorted set of what was handed out before and can be at once, in order.
/// - `fifo`: a sorted set of the messages of groups, `LENGTH:NAME:MESSAGE`; the first one of a
///   name may be handed out.
/// - `wake`: a list that consumers wait at (BLPOP); an element wakes one of them.
/// - `seen`: a sorted set, consumer → until when he counts as connected.
///
/// Without a group there are `dead`, a stream of dead letters, `deaths`, a hash of their number by
/// group, and `k:BORN:KEY`, what a deduplication key stands for. The settings hold `lease`, `ttl`,
/// `window`, `born`, `last`, the newest message, and a field for each group `g:`, tap `t:` and
/// priority `p:`. Times are in milliseconds.
///
/// Each script begins by naming all keys that it may write (`touch`): in a cluster that is moving
/// the slot, Redis then refuses the script as a whole and not in the middle.
enum RedisScript {
  static let text =
    shared + publishing + claiming + settling + looking + deadLetters + managing + dispatch

  private static let shared = """
    local call, conf, op = redis.call, KEYS[1], ARGV[1]
    local base = string.sub(conf, 1, -5)
    local clock = call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local set, groups, taps, known, levels, ops = {}, {}, {}, {}, {0}, {}
    local kinds = {'d', 'held', 'lease', 'wait', 'again', 'fifo', 'wake', 'seen'}
    local flat = call('HGETALL', conf)
    for i = 1, #flat, 2 do
      local name, value = flat[i], flat[i + 1]
      local tag, rest = string.sub(name, 1, 2), string.sub(name, 3)
      if tag == 'g:' then groups[#groups + 1] = rest known[rest] = true
      elseif tag == 't:' then taps[rest] = tonumber(value) known[rest] = true
      elseif tag == 'p:' then levels[#levels + 1] = tonumber(rest)
      else set[name] = value end
    end
    table.sort(levels, function(a, b) return a > b end)
    table.sort(groups)
    local function key(kind, group) return base .. kind .. ':' .. group end
    local function keys(group)
      local all = {}
      for _, kind in ipairs(kinds) do all[#all + 1] = key(kind, group) end
      for _, level in ipairs(levels) do all[#all + 1] = key(level, group) end
      return all
    end
    local function touch(group) call('EXISTS', unpack(keys(group))) end
    local function wake(group)
      local list = key('wake', group)
      if call('LLEN', list) == 0 then call('RPUSH', list, '1') end
    end
    local function padded(id)
      local ms, seq = string.match(id, '(%d+)-(%d+)')
      return string.format('%015.0f-%012.0f', ms, seq)
    end
    local function plain(id)
      local ms, seq = string.match(id, '(%d+)-(%d+)')
      return string.format('%.0f-%.0f', ms, seq)
    end
    local function field(fields, name)
      for i = 1, #fields, 2 do if fields[i] == name then return fields[i + 1] end end
    end
    local function parse(text)
      local n, level, prio, token, fifo = string.match(text, '^(%d+):(.):(%d):([^:]*):(.*)$')
      return {n = tonumber(n), level = level, prio = tonumber(prio), token = token, fifo = fifo}
    end
    local function written(r)
      return r.n .. ':' .. r.level .. ':' .. r.prio .. ':' .. r.token .. ':' .. r.fifo
    end
    local function hold(group, id, r) call('HSET', key('held', group), id, written(r)) end
    local function record(group, id)
      local text = call('HGET', key('held', group), id)
      return text and parse(text)
    end
    local function entry(group, level, id)
      local found = call('XRANGE', key(level, group), id, id)
      return found[1] and found[1][2]
    end
    local function ready(group, id, r)
      call('ZADD', key('again', group), 9 - r.prio, padded(id))
    end
    local function fifo_head(fifo) return #fifo .. ':' .. fifo .. ':' end
    local function first(group, head)
      return call('ZRANGEBYLEX', key('fifo', group), '[' .. head, '[' .. head .. '\\255', 'LIMIT', 0, 1)[1]
    end
    local function follow(group, id, fifo)
      local head = fifo_head(fifo)
      call('ZREM', key('fifo', group), head .. padded(id))
      local after = first(group, head)
      if not after then return end
      local id = plain(string.sub(after, #head + 1))
      local fields = entry(group, 'd', id)
      local r = record(group, id)
      if not fields or not r then return end
      local due = tonumber(field(fields, 'w'))
      if due and due > now then call('ZADD', key('wait', group), due, id)
      else ready(group, id, r) wake(group) end
    end
    local function drop(group, id, r)
      local stream = key(r.level, group)
      if r.level ~= 'd' then call('XACK', stream, 'nb', id) end
      call('XDEL', stream, id)
      call('ZREM', key('lease', group), id)
      call('HDEL', key('held', group), id)
      if r.fifo ~= '' then follow(group, id, r.fifo) end
    end
    local function bury(group, id, r, fields, reason, output)
      local letter = {'XADD', base .. 'dead', '*', 'i', id, 'G', group, 'n', r.n, 'r', reason}
      if output and output ~= '' then letter[12] = 'o' letter[13] = output end
      for i = 1, #fields, 2 do
        if fields[i] ~= 'x' and fields[i] ~= 'w' then
          letter[#letter + 1] = fields[i]
          letter[#letter + 1] = fields[i + 1]
        end
      end
      call(unpack(letter))
      call('HINCRBY', base .. 'deaths', group, 1)
      drop(group, id, r)
    end
    local function make_streams(group, level)
      redis.pcall('XGROUP', 'CREATE', key(level, group), 'nb', '0', 'MKSTREAM')
    end
    local function use_level(prio)
      for _, level in ipairs(levels) do if level == prio then return end end
      call('HSET', conf, 'p:' .. prio, '1')
      for group in pairs(known) do make_streams(group, prio) end
      levels[#levels + 1] = prio
    end
    local function remove_tap(name)
      call('HDEL', conf, 't:' .. name)
      call('UNLINK', unpack(keys(name)))
      taps[name], known[name] = nil, nil
    end
    local last_ms, last_seq = 0, 0
    local function begin_ids()
      local ms, seq = string.match(set.last or '0-0', '(%d+)-(%d+)')
      last_ms, last_seq = math.max(tonumber(ms), now), 0
      if last_ms == tonumber(ms) then last_seq = tonumber(seq) + 1 end
    end
    local function end_ids()
      if last_seq > 0 then
        call('HSET', conf, 'last', string.format('%.0f-%.0f', last_ms, last_seq - 1))
      end
    end

    """

  private static let publishing = """
    local function place(group, id, body, prio, fifo, due, extra)
      local level, blocked = prio, false
      if fifo ~= '' then
        local head = fifo_head(fifo)
        blocked = first(group, head)
        call('ZADD', key('fifo', group), 0, head .. padded(id))
      end
      if not blocked and due <= now then
        call('XADD', key(prio, group), id, 'b', body, unpack(extra))
        return
      end
      local all = {'XADD', key('d', group), id, 'b', body, 'w', due}
      for _, value in ipairs(extra) do all[#all + 1] = value end
      call(unpack(all))
      hold(group, id, {n = 0, level = 'd', prio = prio, token = '', fifo = fifo})
      if not blocked then call('ZADD', key('wait', group), due, id) end
    end
    function ops.publish(delay, ttl, prio, fifo, headers, ctype, keyed)
      local targets, streams = {}, {}
      prio = tonumber(prio)
      for _, group in ipairs(groups) do touch(group) targets[#targets + 1] = group end
      for name, expiry in pairs(taps) do
        touch(name)
        if expiry > now then targets[#targets + 1] = name else remove_tap(name) end
      end
      if prio ~= 0 then use_level(prio) end
      local due = now + (tonumber(delay) or 0)
      ttl = tonumber(ttl) or tonumber(set.ttl)
      local extra = {}
      local function add(name, value)
        if value and value ~= '' then extra[#extra + 1] = name extra[#extra + 1] = value end
      end
      add('c', ctype)
      add('h', headers)
      add('g', fifo)
      add('x', ttl and string.format('%.0f', now + ttl))
      if ttl and not set.ttl and not set.expires then call('HSET', conf, 'expires', '1') end
      add('p', prio ~= 0 and prio)
      local plainly, shared = due <= now and fifo == '', #extra
      for i, group in ipairs(targets) do streams[i] = key(prio, group) end
      local simple = plainly and #targets == 1 and #extra == 0
      begin_ids()
      local format, pattern = string.format, string.format('%.0f-%%d', last_ms)
      local start, ids, only = format(pattern, last_seq), {}, streams[1]
      local i, count = 9, #ARGV
      while i <= count do
        local body, memory, old = ARGV[i], nil, nil
        i = i + 1
        if keyed == '1' then
          memory = base .. 'k:' .. set.born .. ':' .. body
          body = ARGV[i]
          i = i + 1
          old = call('GET', memory)
        end
        if old then ids[#ids + 1] = '=' .. old
        else
          local id = format(pattern, last_seq)
          last_seq = last_seq + 1
          if memory then
            call('SET', memory, id, 'PX', set.window)
            if ARGV[i - 2] ~= '' then add('k', ARGV[i - 2]) end
            ids[#ids + 1] = id
          end
          if simple and not memory then call('XADD', only, id, 'b', body)
          elseif plainly then
            for _, stream in ipairs(streams) do call('XADD', stream, id, 'b', body, unpack(extra)) end
          else
            for _, group in ipairs(targets) do place(group, id, body, prio, fifo, due, extra) end
          end
          for last = #extra, shared + 1, -1 do extra[last] = nil end
        end
      end
      end_ids()
      for _, group in ipairs(targets) do wake(group) end
      if keyed == '1' then return ids end
      return start
    end

    """

  private static let claiming = """
    local function ripen(group)
      for _, kind in ipairs({'lease', 'wait'}) do
        local waiting = key(kind, group)
        local due = call('ZRANGEBYSCORE', waiting, '-inf', now, 'LIMIT', 0, 1000)
        if #due > 0 then
          call('ZREM', waiting, unpack(due))
          for _, id in ipairs(due) do
            local r = record(group, id)
            if r then
              if r.token ~= '' then r.token = '' hold(group, id, r) end
              ready(group, id, r)
            end
          end
        end
      end
    end
    function ops.claim(group, token, consumer, lease, count, limit, tap)
      if not known[group] then return false end
      touch(group)
      call('DEL', base .. 'none')
      ripen(group)
      lease, count, limit = tonumber(lease) or tonumber(set.lease), tonumber(count), tonumber(limit)
      if call('ZADD', key('seen', group), now + math.max(lease, 60000), consumer) == 1 then
        call('ZREMRANGEBYSCORE', key('seen', group), '-inf', now)
      end
      local result, leases, records, bytes, left, buried = {}, {}, {}, 0, count, 0
      local again, ends = key('again', group), now + lease
      local function give(id, r, fields)
        local expires = field(fields, 'x')
        if expires and tap ~= '1' and tonumber(expires) <= now then
          buried = buried + 1
          return bury(group, id, r, fields, 'expired')
        end
        r.n, r.token = r.n + 1, token
        result[#result + 1] = {id, r.n, fields}
        leases[#leases + 1] = ends
        leases[#leases + 1] = id
        records[#records + 1] = id
        records[#records + 1] = written(r)
        bytes = bytes + #fields[2] + 64
        left = left - 1
      end
      local returned, at = call('ZRANGE', again, 0, count - 1, 'WITHSCORES'), 1
      for _, level in ipairs(levels) do
        while left > 0 and bytes < limit and buried < 500 and returned[at] and 9 - returned[at + 1] == level do
          local id = plain(returned[at])
          call('ZREM', again, returned[at])
          at = at + 2
          local r = record(group, id)
          local fields = r and entry(group, r.level, id)
          if fields then give(id, r, fields) elseif r then drop(group, id, r) end
        end
        local share = 1
        while left > 0 and bytes < limit and buried < 500 do
          share = math.min(share, left)
          local found = call(
            'XREADGROUP', 'GROUP', 'nb', 'nb', 'COUNT', share, 'STREAMS', key(level, group), '>')
          if not found then break end
          local list = found[1][2]
          for _, each in ipairs(list) do
            local fields = each[2]
            give(each[1], {n = 0, level = level, prio = level, fifo = field(fields, 'g') or ''}, fields)
          end
          if #list < share then break end
          -- More is not read than the bytes allow, whatever sizes come behind small ones.
          share = #result == 0 and 16 or math.max(1, math.min(16, math.floor((limit - bytes) * #result / bytes)))
        end
      end
      if #leases > 0 then
        call('ZADD', key('lease', group), unpack(leases))
        call('HSET', key('held', group), unpack(records))
      end
      if left == 0 or bytes >= limit then wake(group) end
      local soon = -1
      for _, kind in ipairs({'lease', 'wait'}) do
        local next = call('ZRANGE', key(kind, group), 0, 0, 'WITHSCORES')
        if next[2] and (soon < 0 or next[2] - now < soon) then soon = math.max(0, next[2] - now) end
      end
      if buried >= 500 then soon = 0 end
      return {soon, result}
    end

    """

  private static let settling = """
    function ops.settle(group)
      local ids, count = {}, (#ARGV - 2) / 5
      if not known[group] then return false end
      touch(group)
      call('DEL', base .. 'none')
      for i = 1, count do ids[i] = ARGV[i * 5 - 2] end
      local held, own, done = call('HMGET', key('held', group), unpack(ids)), {}, {}
      local settled, woken = {}, false
      for i, id in ipairs(ids) do
        local at = i * 5 - 2
        local token, kind, a, b = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
        local r = held[i] and parse(held[i])
        own[i] = 0
        if r and r.token == token and token ~= '' and not settled[id] then
          own[i] = 1
          settled[id] = true
          if kind == 'a' and r.fifo == '' and r.level ~= 'd' then
            done[r.level] = done[r.level] or {}
            table.insert(done[r.level], id)
          elseif kind == 'a' then drop(group, id, r)
          elseif kind == 'x' then
            local fields = entry(group, r.level, id)
            if fields then bury(group, id, r, fields, a, b) else own[i] = 0 drop(group, id, r) end
          else
            local wait = tonumber(a)
            r.token = ''
            if kind == 'f' then r.n = r.n - 1 end
            hold(group, id, r)
            call('ZREM', key('lease', group), id)
            if wait > 0 then call('ZADD', key('wait', group), now + wait, id)
            else ready(group, id, r) end
            woken = true
          end
        end
      end
      for level, list in pairs(done) do
        local stream = key(level, group)
        call('XACK', stream, 'nb', unpack(list))
        call('XDEL', stream, unpack(list))
        call('ZREM', key('lease', group), unpack(list))
        call('HDEL', key('held', group), unpack(list))
      end
      if woken then wake(group) end
      return own
    end
    function ops.extend(group, lease, consumer)
      if not known[group] then return false end
      touch(group)
      lease = tonumber(lease) or tonumber(set.lease)
      call('ZADD', key('seen', group), 'XX', now + math.max(lease, 60000), consumer)
      local own = {}
      for i = 5, #ARGV, 2 do
        local r = record(group, ARGV[i])
        if r and r.token == ARGV[i + 1] and r.token ~= '' then
          call('ZADD', key('lease', group), now + lease, ARGV[i])
          own[#own + 1] = 1
        else own[#own + 1] = 0 end
      end
      return own
    end
    function ops.leave(group, consumer)
      call('ZREM', key('seen', group), consumer)
      wake(group)
      return 1
    end

    """

  private static let looking = """
    function ops.info()
      local all = {set.lease, set.ttl or '', set.window}
      for _, group in ipairs(groups) do all[#all + 1] = group end
      return all
    end
    -- What nobody was given yet, at most so many; a few at a time, for bodies may be large.
    local function each_fresh(stream, count, body)
      local from, left = '(' .. field(call('XINFO', 'GROUPS', stream)[1], 'last-delivered-id'), count
      while left > 0 do
        local size = math.min(left, 16)
        local page = call('XRANGE', stream, from, '+', 'COUNT', size)
        for _, each in ipairs(page) do body(each[1], each[2]) end
        if #page < size then return end
        from, left = '(' .. page[#page][1], left - #page
      end
    end
    function ops.statistics()
      local all = {}
      for _, group in ipairs(groups) do
        local total, fresh, expired, oldest = call('XLEN', key('d', group)), 0, 0, nil
        local function could_go_since(ms)
          if ms and (not oldest or ms < oldest) then oldest = ms end
        end
        for _, level in ipairs(levels) do
          local stream = key(level, group)
          local length = call('XLEN', stream)
          total = total + length
          fresh = fresh + length - call('XPENDING', stream, 'nb')[1]
          -- What has expired is nobody's any more; it is looked for among the next thousand.
          local is_first = true
          each_fresh(stream, (set.ttl or set.expires) and 1000 or 1, function(id, fields)
            local expires = field(fields, 'x')
            if expires and tonumber(expires) <= now then expired = expired + 1
            elseif is_first then
              could_go_since(tonumber(string.match(id, '%d+')))
              is_first = false
            end
          end)
        end
        local lease, wait = key('lease', group), key('wait', group)
        for _, times in ipairs({lease, wait}) do
          could_go_since(tonumber(call('ZRANGEBYSCORE', times, '-inf', now, 'WITHSCORES', 'LIMIT', 0, 1)[2]))
        end
        local released = call('ZRANGE', key('again', group), 0, 0)[1]
        if released then could_go_since(tonumber(string.match(plain(released), '%d+'))) end
        local again = call('ZCARD', key('again', group))
        local held, held_past = call('ZCARD', lease), call('ZCOUNT', lease, '-inf', now)
        local late, late_past = call('ZCARD', wait), call('ZCOUNT', wait, '-inf', now)
        local blocked = total - fresh - held - late - again
        all[#all + 1] = {
          group, fresh - expired + again + held_past + late_past, late - late_past + blocked, held - held_past,
          tonumber(call('HGET', base .. 'deaths', group) or 0), oldest and now - oldest or -1,
          call('ZCOUNT', key('seen', group), now, '+inf')}
      end
      return all
    end
    function ops.peek(group, count)
      if not known[group] then return false end
      count = tonumber(count)
      local found = {}
      local function add(id, level, prio, n, fields)
        local expires = fields and field(fields, 'x')
        if not fields or expires and tonumber(expires) <= now then return end
        found[#found + 1] = {9 - prio .. padded(id), key(level, group), id, n}
      end
      local function add_held(id)
        local r = record(group, id)
        if r then add(id, r.level, r.prio, r.n, entry(group, r.level, id)) end
      end
      for _, id in ipairs(call('ZRANGE', key('again', group), 0, count - 1)) do add_held(plain(id)) end
      for _, kind in ipairs({'lease', 'wait'}) do
        local due = call('ZRANGEBYSCORE', key(kind, group), '-inf', now, 'LIMIT', 0, count)
        for _, id in ipairs(due) do add_held(id) end
      end
      for _, level in ipairs(levels) do
        each_fresh(key(level, group), count, function(id, fields) add(id, level, level, 0, fields) end)
      end
      table.sort(found, function(a, b) return a[1] < b[1] end)
      local result = {}
      for i = 1, math.min(count, #found) do result[i] = {found[i][2], found[i][3], found[i][4]} end
      return result
    end

    """

  private static let deadLetters = """
    function ops.dead(from, before, reason)
      local wanted
      for i = 5, #ARGV do wanted = wanted or {} wanted[ARGV[i]] = true end
      local page, result = call('XRANGE', base .. 'dead', from, '+', 'COUNT', 20), {''}
      for _, each in ipairs(page) do
        local fields = each[2]
        local group = field(fields, 'G')
        local id = field(fields, 'i') .. (group ~= '' and '/' .. group or '')
        local died = tonumber(string.match(each[1], '%d+'))
        if (not wanted or wanted[id]) and (before == '' or died < tonumber(before))
          and (reason == '' or string.find(field(fields, 'r'), reason, 1, true))
        then result[#result + 1] = each[1] end
      end
      if #page == 20 then result[1] = page[20][1] end
      return result
    end
    local function forget(id, group)
      call('XDEL', base .. 'dead', id)
      call('HINCRBY', base .. 'deaths', group, -1)
    end
    function ops.replay()
      local count = 0
      for _, group in ipairs(groups) do touch(group) end
      begin_ids()
      for i = 2, #ARGV do
        local letter = call('XRANGE', base .. 'dead', ARGV[i], ARGV[i])[1]
        local fields = letter and letter[2]
        local group = fields and field(fields, 'G')
        if group and known[group] then
          local prio, extra = tonumber(field(fields, 'p') or 0), {}
          use_level(prio)
          for _, name in ipairs({'c', 'h', 'g', 'p'}) do
            local value = field(fields, name)
            if value then extra[#extra + 1] = name extra[#extra + 1] = value end
          end
          local id = string.format('%.0f-%.0f', last_ms, last_seq)
          last_seq = last_seq + 1
          if set.ttl then extra[#extra + 1] = 'x' extra[#extra + 1] = string.format('%.0f', now + set.ttl) end
          place(group, id, field(fields, 'b'), prio, field(fields, 'g') or '', now, extra)
          forget(ARGV[i], group)
          wake(group)
          count = count + 1
        end
      end
      end_ids()
      return count
    end
    function ops.bury()
      local count = 0
      for i = 2, #ARGV do
        local letter = call('XRANGE', base .. 'dead', ARGV[i], ARGV[i])[1]
        if letter then forget(ARGV[i], field(letter[2], 'G')) count = count + 1 end
      end
      return count
    end

    """

  private static let managing = """
    local function add_group(name)
      for _, level in ipairs(levels) do make_streams(name, level) end
      call('HSET', conf, 'g:' .. name, '1')
    end
    function ops.create(lease, ttl, window, life)
      if set.born then
        if lease ~= '' and lease ~= set.lease or ttl ~= '' and ttl ~= set.ttl
          or window ~= '' and window ~= set.window then return -1 end
        for i = 6, #ARGV do if not known[ARGV[i]] then add_group(ARGV[i]) end end
        return 0
      end
      local born = string.format('%.0f%06.0f', clock[1], clock[2])
      call('HSET', conf, 'born', born, 'lease', lease ~= '' and lease or '60000',
        'window', window ~= '' and window or '300000')
      if ttl ~= '' then call('HSET', conf, 'ttl', ttl) end
      if life ~= '' then
        call('HSET', conf, 'life', life)
        set.life = life
      end
      for i = 6, #ARGV do
        add_group(ARGV[i])
        known[ARGV[i]] = true
      end
      if #ARGV < 6 then
        add_group('')
        known[''] = true
      end
      return 1
    end
    function ops.delete()
      for group in pairs(known) do touch(group) end
      for group in pairs(known) do call('UNLINK', unpack(keys(group))) end
      call('UNLINK', base .. 'dead', base .. 'deaths', conf)
      return 1
    end
    local function purge(group)
      touch(group)
      local held, kept, total, count = key('held', group), {}, 0, 0
      for _, id in ipairs(call('ZRANGE', key('lease', group), 0, -1)) do
        local r = record(group, id)
        local fields = r and entry(group, r.level, id)
        if fields then kept[#kept + 1] = {padded(id), id, r, fields} end
      end
      table.sort(kept, function(a, b) return a[1] < b[1] end)
      for _, level in ipairs({'d', unpack(levels)}) do
        total = total + call('XLEN', key(level, group))
        call('UNLINK', key(level, group))
      end
      for _, kind in ipairs({'held', 'wait', 'again', 'fifo'}) do call('UNLINK', key(kind, group)) end
      for _, each in ipairs(kept) do
        local id, r = each[2], each[3]
        call('XADD', key(r.level, group), id, unpack(each[4]))
        hold(group, id, r)
        if r.fifo ~= '' then call('ZADD', key('fifo', group), 0, fifo_head(r.fifo) .. each[1]) end
      end
      for _, level in ipairs(levels) do
        call('XGROUP', 'CREATE', key(level, group), 'nb', '$', 'MKSTREAM')
      end
      for _, each in ipairs(kept) do
        local r = each[3]
        if r.level ~= 'd' then
          call('XCLAIM', key(r.level, group), 'nb', 'nb', 0, each[2], 'FORCE', 'JUSTID')
        end
      end
      return total - #kept
    end
    function ops.purge()
      local count = 0
      for _, group in ipairs(groups) do count = count + purge(group) end
      return count
    end
    function ops.tap(name, patience)
      for _, level in ipairs(levels) do make_streams(name, level) end
      call('HSET', conf, 't:' .. name, string.format('%.0f', now + patience))
      for _, each in ipairs(keys(name)) do call('PEXPIRE', each, patience + 1000) end
      return 1
    end
    function ops.renew(name, patience)
      if not taps[name] then return 0 end
      return ops.tap(name, patience)
    end
    function ops.untap(name)
      if taps[name] then remove_tap(name) end
      return 1
    end

    """

  /// A queue that is not there is a null reply.
  private static let dispatch = """
    if not set.born and op ~= 'create' then return false end
    local result = ops[op](unpack(ARGV, 2, math.min(#ARGV, 8)))
    -- A temporary queue goes some time after its last call, whatever became of who made it.
    if set.life then
      for group in pairs(known) do
        for _, name in ipairs(keys(group)) do call('PEXPIRE', name, set.life) end
      end
      for _, name in ipairs({conf, base .. 'dead', base .. 'deaths', base .. 'none'}) do
        call('PEXPIRE', name, set.life)
      end
    end
    return result
    """
}
