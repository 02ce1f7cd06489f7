#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// How much was done per second of one core's time, in several rounds.
struct Measurement {
    var benchmark: Benchmark
    var rates: [Double]

    /// Measures the thread's processor time, not the clock's: other programs on the machine do not count.
    /// - Parameter seconds: how long a round takes at least.
    static func of(_ benchmark: Benchmark, rounds: Int, seconds: Double) throws -> Measurement {
        let work = try benchmark.prepare()
        // Warms up, and says how often a round has to do it.
        var warmed = 0
        let began = processorTime()
        repeat {
            try work()
            warmed += 1
        } while processorTime() - began < seconds
        let rates = try (0..<rounds).map { _ in
            let before = processorTime()
            for _ in 0..<warmed { try work() }
            return Double(warmed) * benchmark.count / (processorTime() - before)
        }
        return Measurement(benchmark: benchmark, rates: rates)
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    var line: String {
        let values = rates.map { String(($0 * 100).rounded() / 100) }.joined(separator: ",")
        let bar = benchmark.least.map { #","least":\#($0)"# } ?? ""
        return #"{"name":"\#(benchmark.name)","unit":"\#(benchmark.unit)","values":[\#(values)]\#(bar)}"#
    }
}
