import JSONValue
import Synchronization

/// How many requests each operation takes: a bucket of tokens that fills at a steady rate, as AWS throttles
/// (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
package struct ThrottleLimits: Sendable, Hashable {
    package struct Bucket: Sendable, Hashable {
        /// Requests per second in the long run.
        package var rate: Double
        /// Requests at once.
        package var burst: Double

        package init(rate: Double, burst: Double) {
            self.rate = rate
            self.burst = burst
        }
    }

    /// By operation, such as `StartExecution`.
    package var buckets: [String: Bucket]
    /// For every operation without one of its own; nil leaves them alone.
    package var others: Bucket?

    package init(buckets: [String: Bucket] = [:], others: Bucket? = nil) {
        self.buckets = buckets
        self.others = others
    }

    /// Reads `StartExecution=300/1300,*=50`: requests per second, and after the slash how many at once.
    ///
    /// - Throws: a sentence that says what is wrong.
    package init(parsing text: String) throws(ThrottleError) {
        self.init()
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { Self.trimmed($0) }
            guard sides.count == 2, !sides[0].isEmpty else { throw ThrottleError(part: String(part)) }
            let numbers = sides[1].split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
            guard let rate = numbers.first ?? nil, rate > 0, rate.isFinite, numbers.count <= 2 else {
                throw ThrottleError(part: String(part))
            }
            var burst = max(rate, 1)
            if numbers.count == 2 {
                guard let given = numbers[1], given >= 1, given.isFinite else {
                    throw ThrottleError(part: String(part))
                }
                burst = given
            }
            if sides[0] == "*" {
                others = Bucket(rate: rate, burst: burst)
            } else {
                buckets[sides[0]] = Bucket(rate: rate, burst: burst)
            }
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

package struct ThrottleError: Error, Sendable, Hashable, CustomStringConvertible {
    package var part: String
    package var description: String {
        "'\(part)' is not a limit: write OPERATION=RATE or OPERATION=RATE/BURST, such as StartExecution=300/1300, "
            + "with * for all other operations"
    }
}

/// The buckets, and how full they are.
final class Throttle: Sendable {
    private struct Level {
        var tokens: Double
        var at: Timestamp
    }

    private let limits: ThrottleLimits
    private let clock: @Sendable () -> Timestamp
    private let levels = Mutex<[String: Level]>([:])

    init(limits: ThrottleLimits, clock: @escaping @Sendable () -> Timestamp) {
        self.limits = limits
        self.clock = clock
    }

    /// Takes a token for a request.
    ///
    /// - Parameter target: of an operation that exists, such as `AWSStepFunctions.StartExecution`. Baton's own are free.
    func admits(_ target: String) -> Bool {
        guard target.hasPrefix("AWSStepFunctions.") else { return true }
        let operation = String(target.dropFirst("AWSStepFunctions.".count))
        guard let bucket = limits.buckets[operation] ?? limits.others else { return true }
        let now = clock()
        return levels.withLock { levels in
            var level = levels[operation] ?? Level(tokens: bucket.burst, at: now)
            let elapsed = Double(now.microseconds - level.at.microseconds) / 1_000_000
            // A clock that was set back gives nothing and takes nothing.
            level.tokens = min(bucket.burst, level.tokens + max(elapsed, 0) * bucket.rate)
            level.at = now
            let isAdmitted = level.tokens >= 1
            if isAdmitted { level.tokens -= 1 }
            levels[operation] = level
            return isAdmitted
        }
    }
}
