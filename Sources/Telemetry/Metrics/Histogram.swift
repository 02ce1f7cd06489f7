import Synchronization

/// How values are distributed over fixed buckets. Any thread may observe.
package final class Histogram: Sendable {
    /// From 1 ms to 5 minutes, for durations in seconds.
    package static let seconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ]
    /// Powers of two up to 4096, for sizes of batches.
    package static let counts: [Double] = (0...12).map { Double(1 << $0) }

    /// Upper bounds, ascending.
    package let buckets: [Double]
    /// One per bucket and one for all that is above; not cumulative.
    private let counts: [Counter]
    private let sumBits = Atomic<UInt64>(0)

    init(buckets: [Double]) {
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy(<), "buckets have to ascend")
        self.buckets = buckets
        counts = (0...buckets.count).map { _ in Counter() }
    }

    package func observe(_ value: Double) {
        counts[buckets.firstIndex { value <= $0 } ?? buckets.count].increment()
        sumBits.addDouble(value)
    }

    /// In seconds.
    package func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) / 1e18)
    }

    package var count: UInt64 { counts.reduce(0) { $0 + $1.value } }
    package var sum: Double { Double(bitPattern: sumBits.load(ordering: .relaxed)) }

    func write(name: String, labels: String, to text: inout String) {
        // The total is taken from the same readings as the buckets, so that the two agree.
        var total: UInt64 = 0
        for (index, counter) in counts.enumerated() {
            total += counter.value
            let bound = index < buckets.count ? Exposition.number(buckets[index]) : "+Inf"
            let le = "le=\"\(bound)\""
            Exposition.sample("\(name)_bucket", labels.isEmpty ? le : "\(labels),\(le)", String(total), to: &text)
        }
        Exposition.sample("\(name)_sum", labels, Exposition.number(sum), to: &text)
        Exposition.sample("\(name)_count", labels, String(total), to: &text)
    }
}
