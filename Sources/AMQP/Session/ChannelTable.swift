/// The open channels by their numbers.
struct ChannelTable {
    private var slots: [Channel?] = []

    subscript(number: UInt16) -> Channel? {
        get { Int(number) < slots.count ? slots[Int(number)] : nil }
        set {
            while slots.count <= Int(number) { slots.append(nil) }
            slots[Int(number)] = newValue
        }
    }

    var values: some Sequence<Channel> { slots.lazy.compactMap { $0 } }

    mutating func removeValue(forKey number: UInt16) -> Channel? {
        defer { if self[number] != nil { self[number] = nil } }
        return self[number]
    }
}
