import Synchronization
import TestSupport
import Testing

@testable import WorkerSDK

/// One sleeper for all the runs of a worker, and nobody is woken late.
@Suite struct AlarmsTests {
    private final class Run: Alarmed {
        private let count = Atomic(0)

        func wake() { count.add(1, ordering: .relaxed) }

        var wakings: Int { count.load(ordering: .relaxed) }
    }

    @Test func `a sleeper is asked for only where none is early enough`() {
        let alarms = Alarms<Run>()
        let (first, second, third) = (Run(), Run(), Run())
        #expect(alarms.set(.seconds(10), for: first) == .seconds(10))
        #expect(alarms.set(.seconds(20), for: second) == nil)
        #expect(alarms.set(.seconds(5), for: third) == .seconds(5))
        #expect(alarms.fire(at: .seconds(5)) == .seconds(10))
        #expect(alarms.fire(at: .seconds(12)) == .seconds(20))
        #expect(alarms.fire(at: .seconds(20)) == nil)
        #expect(alarms.set(.seconds(30), for: first) == .seconds(30))
        for run in [first, second, third] { #expect(run.wakings == 1) }
    }

    @Test func `who needs no alarm any more is not woken`() {
        let alarms = Alarms<Run>()
        let (gone, stays) = (Run(), Run())
        #expect(alarms.set(.seconds(1), for: gone) == .seconds(1))
        #expect(alarms.set(.seconds(3), for: stays) == nil)
        #expect(alarms.set(nil, for: gone) == nil)
        #expect(alarms.fire(at: .seconds(1)) == .seconds(3))
        #expect(alarms.fire(at: .seconds(3)) == nil)
        #expect(gone.wakings == 0)
        #expect(stays.wakings == 1)
    }

    @Test(arguments: 1...20) func `nobody is woken early or late, whoever sleeps`(_ seed: UInt64) {
        var random = SeededGenerator(fixed: seed)
        let alarms = Alarms<Run>()
        var (now, sleepers): (Int, [Int]) = (0, [])
        var waiting: [(run: Run, time: Int)] = []
        func sleep(_ time: Duration?) { if let time { sleepers.append(Int(time / .milliseconds(1))) } }
        for _ in 0..<300 {
            if random.next() % 3 > 0 {
                let (run, time) = (Run(), now + 1 + Int(random.next() % 50))
                waiting.append((run, time))
                sleep(alarms.set(.milliseconds(time), for: run))
            } else if let next = sleepers.min() {
                sleepers.removeAll { $0 == next }
                now = next
                sleep(alarms.fire(at: .milliseconds(now)))
                let due = waiting.filter { $0.time <= now }
                waiting.removeAll { $0.time <= now }
                for entry in due {
                    #expect(entry.time == now, "seed \(seed)")
                    #expect(entry.run.wakings == 1, "seed \(seed)")
                }
            }
            // Whoever waits has a sleeper that is early enough.
            if let first = waiting.map(\.time).min() {
                #expect(sleepers.contains { $0 <= first }, "seed \(seed)")
            }
        }
    }
}
