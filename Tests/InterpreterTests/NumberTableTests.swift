import TestSupport
import Testing

@testable import Interpreter

@Suite struct NumberTableTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `it is a dictionary in order`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = NumberTable<Int>()
        var expected: [Int: Int] = [:]
        for step in 0..<1_000 {
            let key = Int.random(in: 0..<40, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                table.set(key, to: step)
                expected[key] = step
            case 1:
                let removed = table.remove(key)
                let wanted = expected.removeValue(forKey: key)
                #expect(removed == wanted, "seed \(seed)")
            case 2:
                table.update(key) { $0 += 1 }
                expected[key]? += 1
            default:
                guard step % 10 == 0 else { continue }
                table.removeAll { $0 % 3 == 0 }
                expected = expected.filter { $0.value % 3 != 0 }
            }
            #expect(table[key] == expected[key] && table.has(key) == (expected[key] != nil), "seed \(seed)")
            #expect(table.entries.map(\.key) == expected.keys.sorted(), "seed \(seed)")
        }
        #expect(table.entries.map(\.value) == expected.sorted { $0.key < $1.key }.map(\.value), "seed \(seed)")
    }
}
