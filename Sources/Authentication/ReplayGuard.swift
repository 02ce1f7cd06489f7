import SignatureV4
import Synchronization

/// Remembers the signatures of calls that changed something, until they are no longer valid anyway: a copy of such a
/// call, made by whoever overheard it, changes nothing again.
///
/// AWS takes the same signature as often as it comes. A signature tells the time to the second and nothing else that
/// differs between two equal calls, unless the client signs an identifier of the call as well, as most of AWS's SDKs do.
/// Signatures with such an identifier are good for one call. The others (botocore's: boto3 and the AWS CLI) are taken
/// again for a few seconds after they first came, since equal calls of one client may have been meant; then no more.
package final class ReplayGuard: Sendable {
    /// The first half of a signature is enough to know it again.
    private struct Mark: Hashable {
        var high: UInt64
        var low: UInt64
    }

    private struct State {
        /// When they came first, by the minute in which they may be forgotten.
        var marks: [Int64: [Mark: SigningTime]] = [:]
        var count = 0
    }

    /// For how long after it first came a signature without an identifier is taken again, in seconds.
    package static let grace: Int64 = 5

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: beyond it those that expire first are forgotten: some 50 bytes each.
    package init(capacity: Int = 2_000_000) { self.capacity = capacity }

    package var count: Int { state.withLock { $0.count } }

    /// Whether a signature may be used at this time.
    ///
    /// - Parameters:
    ///   - signature: valid, in hexadecimal.
    ///   - isUnique: whether equal calls have different ones.
    ///   - expiry: when it will be refused for its age.
    func admit(_ signature: String, isUnique: Bool, until expiry: SigningTime, now: SigningTime) -> Bool {
        let digits = Array(signature.lowercased().utf8)
        guard let high = Self.number(digits.prefix(16)), let low = Self.number(digits.dropFirst(16).prefix(16)) else {
            return false
        }
        let minute = expiry.seconds / 60 + 1
        return state.withLock { state in
            for old in state.marks.keys where old < now.seconds / 60 { Self.forget(old, &state) }
            let mark = Mark(high: high, low: low)
            if let first = state.marks[minute]?[mark] { return !isUnique && now.seconds <= first.seconds + Self.grace }
            state.marks[minute, default: [:]][mark] = now
            state.count += 1
            while state.count > capacity, let oldest = state.marks.keys.min() { Self.forget(oldest, &state) }
            return true
        }
    }

    private static func forget(_ minute: Int64, _ state: inout State) {
        state.count -= state.marks.removeValue(forKey: minute)?.count ?? 0
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        digits.count == 16 ? UInt64(String(decoding: digits, as: UTF8.self), radix: 16) : nil
    }
}
