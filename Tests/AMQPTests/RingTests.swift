import TestSupport
import Testing

@testable import AMQP

@Suite struct RingTests {
    private let now = ContinuousClock.now

    @Test("Acknowledgements cover exactly what was acknowledged", arguments: 1...100 as ClosedRange<UInt64>)
    func unsettled(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ring = Unsettled()
        var next: UInt64 = 1
        var outstanding: Set<UInt64> = []
        var acknowledged: Set<UInt64> = []
        // What the broker knows, which applies the frames.
        var broker: Set<UInt64> = []
        var settledByAck: Set<UInt64> = []
        var everAcknowledged: Set<UInt64> = []
        for _ in 0..<400 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                let result1 = ring.deliver(next)
                #expect(result1)
                outstanding.insert(next)
                broker.insert(next)
                next += 1
            case 4..<7:
                let tag = UInt64.random(in: 0...next, using: &random)
                let isNew = outstanding.remove(tag) != nil
                let isTaken = ring.acknowledge(tag)
                #expect(isTaken == isNew)
                if isNew {
                    acknowledged.insert(tag)
                    everAcknowledged.insert(tag)
                }
            case 7:
                guard let tag = outstanding.randomElement(using: &random) else { continue }
                outstanding.remove(tag)
                let result2 = ring.giveBack(tag)
                #expect(result2)
                broker.remove(tag)
            default:
                for frame in ring.flush() {
                    let covered = frame.multiple ? broker.filter { $0 <= frame.tag } : [frame.tag]
                    #expect(broker.isSuperset(of: covered), "unknown tag \(frame.tag)")
                    settledByAck.formUnion(covered)
                    broker.subtract(covered)
                }
                acknowledged = []
                #expect(settledByAck == everAcknowledged)
                #expect(broker == outstanding)
            }
            #expect(ring.outstanding == outstanding.count)
        }
        let result3 = ring.deliver(next + 1)
        #expect(!result3)
    }

    @Test("An unbroken run from the oldest is one frame, what lies beyond a gap is single")
    func coalescing() {
        var ring = Unsettled()
        for tag in 1...10 as ClosedRange<UInt64> { _ = ring.deliver(tag) }
        for tag in [3, 1, 2, 5, 7, 8] as [UInt64] { _ = ring.acknowledge(tag) }
        let first = ring.flush().map { "\($0.tag)\($0.multiple ? "*" : "")" }
        #expect(first == ["3*", "5", "7", "8"])
        for tag in [4, 6] as [UInt64] { _ = ring.acknowledge(tag) }
        let second = ring.flush().map { "\($0.tag)\($0.multiple ? "*" : "")" }
        #expect(second == ["6*"])
        let third = ring.flush()
        #expect(third.isEmpty)
    }

    @Test("Every message is settled once, as a model says", arguments: 1...100 as ClosedRange<UInt64>)
    func confirms(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ring = ConfirmRing()
        var sent: UInt64 = 0
        var open: Set<UInt64> = []
        for _ in 0..<400 {
            if Bool.random(using: &random) || sent == 0 {
                sent += 1
                ring.append(.init(batch: 0, index: Int(sent), bytes: 10, mandatory: false, sent: now))
                open.insert(sent)
            } else {
                let tag = UInt64.random(in: 1...sent, using: &random)
                let multiple = Bool.random(using: &random)
                let expected = multiple ? open.filter { $0 <= tag } : open.filter { $0 == tag }
                var settled: Set<UInt64> = []
                let result4 = ring.settle(tag, multiple: multiple) { settled.insert(UInt64($0.index)) }
                #expect(result4)
                #expect(settled == expected)
                open.subtract(expected)
            }
            #expect(ring.count == open.count)
            #expect(ring.bytes == open.count * 10)
        }
        let result5 = ring.settle(sent + 1, multiple: false) { _ in }
        #expect(!result5)
        let left = Set(ring.removeAll().map { UInt64($0.index) })
        #expect(left == open)
    }

    @Test("What is old is given up, and a confirm that comes later is ignored")
    func expiry() {
        var ring = ConfirmRing()
        for index in 1...3 {
            ring.append(.init(batch: 0, index: index, bytes: 0, mandatory: false, sent: now + .seconds(index)))
        }
        #expect(ring.oldest == now + .seconds(1))
        let expired = ring.expire(before: now + .seconds(2)).map(\.index)
        #expect(expired == [1, 2])
        #expect(ring.oldest == now + .seconds(3))
        var late: [Int] = []
        let result6 = ring.settle(2, multiple: true) { late.append($0.index) }
        #expect(result6)
        #expect(late.isEmpty)
        let result7 = ring.settle(3, multiple: true) { late.append($0.index) }
        #expect(result7)
        #expect(late == [3])
    }
}
