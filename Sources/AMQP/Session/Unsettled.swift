import DequeModule

/// The deliveries of one channel that wait for an acknowledgement.
///
/// Tags count up by one per channel, so they index a queue; and since acknowledgements are collected until `flush`,
/// those that form an unbroken run from the oldest become one frame. A run may only be merged from the oldest on:
/// "multiple" acknowledges everything below.
struct Unsettled: Sendable {
    private enum State: UInt8 { case outstanding, acknowledged, settled }

    private var base: UInt64 = 1
    private var states: Deque<State> = []
    private var acknowledged: [UInt64] = []
    /// Delivered, and neither acknowledged nor given back.
    private(set) var outstanding = 0

    var hasAcknowledgements: Bool { !acknowledged.isEmpty }

    /// - Returns: false where the tag does not follow the last one.
    mutating func deliver(_ tag: UInt64) -> Bool {
        guard tag == base + UInt64(states.count) else { return false }
        states.append(.outstanding)
        outstanding += 1
        return true
    }

    /// - Returns: false where nothing with this tag is outstanding.
    mutating func acknowledge(_ tag: UInt64) -> Bool {
        guard let index = index(of: tag), states[index] == .outstanding else { return false }
        states[index] = .acknowledged
        acknowledged.append(tag)
        outstanding -= 1
        return true
    }

    /// Notes that the tag is given back by a frame of its own.
    mutating func giveBack(_ tag: UInt64) -> Bool {
        guard let index = index(of: tag), states[index] == .outstanding else { return false }
        states[index] = .settled
        outstanding -= 1
        trim()
        return true
    }

    /// The acknowledgement frames to send.
    mutating func flush() -> [(tag: UInt64, multiple: Bool)] {
        guard !acknowledged.isEmpty else { return [] }
        var frames: [(tag: UInt64, multiple: Bool)] = []
        var run = 0
        var last: UInt64 = 0
        for (index, state) in states.enumerated() {
            if state == .outstanding { break }
            if state == .acknowledged {
                run += 1
                last = base + UInt64(index)
            }
        }
        if run > 0 { frames.append((last, run > 1)) }
        for tag in acknowledged {
            if tag > last { frames.append((tag, false)) }
            if let index = index(of: tag) { states[index] = .settled }
        }
        acknowledged.removeAll(keepingCapacity: true)
        trim()
        return frames
    }

    private func index(of tag: UInt64) -> Int? {
        guard tag >= base, tag - base < UInt64(states.count) else { return nil }
        return Int(tag - base)
    }

    private mutating func trim() {
        while states.first == .settled {
            states.removeFirst()
            base += 1
        }
    }
}
