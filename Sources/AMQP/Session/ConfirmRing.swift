import DequeModule

/// The messages sent on a channel in confirm mode that the broker has not settled yet.
///
/// Tags count up by one, so they index a queue; a confirm for "multiple" settles from the oldest on.
struct ConfirmRing: Sendable {
    struct Entry: Sendable, Hashable {
        var batch: Int
        var index: Int
        var bytes: Int
        var mandatory: Bool
        var sent: Instant
        fileprivate(set) var isReturned = false
        fileprivate(set) var isSettled = false

        init(batch: Int, index: Int, bytes: Int, mandatory: Bool, sent: Instant) {
            self.batch = batch
            self.index = index
            self.bytes = bytes
            self.mandatory = mandatory
            self.sent = sent
        }
    }

    private var base: UInt64 = 1
    private var entries: Deque<Entry> = []
    /// Not settled.
    private(set) var count = 0
    private(set) var bytes = 0

    /// When the oldest unsettled message was sent.
    var oldest: Instant? { entries.first?.sent }

    /// Gives up what was sent before `time` and is not settled. A confirm that comes later is ignored.
    mutating func expire(before time: Instant) -> [Entry] {
        var expired: [Entry] = []
        for index in entries.indices {
            if entries[index].sent > time { break }
            guard !entries[index].isSettled else { continue }
            entries[index].isSettled = true
            count -= 1
            bytes -= entries[index].bytes
            expired.append(entries[index])
        }
        trim()
        return expired
    }

    private mutating func trim() {
        while entries.first?.isSettled == true {
            entries.removeFirst()
            base += 1
        }
    }

    mutating func append(_ entry: Entry) {
        entries.append(entry)
        count += 1
        bytes += entry.bytes
    }

    /// Settles one, or all up to and including it.
    /// - Returns: false where the broker confirms what was never sent.
    mutating func settle(_ tag: UInt64, multiple: Bool, _ each: (Entry) -> Void) -> Bool {
        // Tag zero with "multiple" means everything.
        let last = multiple && tag == 0 ? base + UInt64(entries.count) - 1 : tag
        guard last < base + UInt64(entries.count) else { return false }
        // Below the base: settled before. RabbitMQ does not do that, and it harms nobody.
        guard last >= base else { return true }
        let end = Int(last - base)
        for index in (multiple ? 0 : end)...end where !entries[index].isSettled {
            entries[index].isSettled = true
            count -= 1
            bytes -= entries[index].bytes
            each(entries[index])
        }
        trim()
        return true
    }

    /// Marks the oldest unsettled mandatory message that `matches`.
    /// - Returns: which one it is; nil where there is none.
    mutating func markReturned(where matches: (Entry) -> Bool) -> Entry? {
        let found = entries.firstIndex {
            !$0.isSettled && $0.mandatory && !$0.isReturned && matches($0)
        }
        guard let found else { return nil }
        entries[found].isReturned = true
        return entries[found]
    }

    /// Empties the ring, as the channel has ended.
    mutating func removeAll() -> [Entry] {
        let left = Array(entries.filter { !$0.isSettled })
        self = ConfirmRing()
        return left
    }
}
