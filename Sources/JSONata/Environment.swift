public import JSONValue

/// Which release of the reference implementation an expression is meant for.
public enum CompatibilityLevel: Sendable, Hashable, Comparable {
    /// What AWS Step Functions runs.
    case v206
    /// With `??`, `?:` and later corrections.
    case v22
}

public enum Dialect: Sendable, Hashable {
    case jsonata
    /// JSONata in the Amazon States Language: without `$eval`, with `$partition`, `$range`, `$hash`, `$random` with a
    /// seed, `$uuid` and `$parse`.
    case statesLanguage
}

/// What becomes of numbers that JSON cannot hold in a result.
public enum NonFiniteNumbers: Sendable, Hashable {
    /// As JavaScript writes them.
    case null
    /// `"Infinity"`, `"-Infinity"`, `"NaN"`, as AWS Step Functions does.
    case text
}

/// Algorithms of `$hash`.
public enum HashAlgorithm: String, Sendable, Hashable, CaseIterable {
    case sha1 = "SHA-1"
    case sha384 = "SHA-384"
    case sha256 = "SHA-256"
    case sha512 = "SHA-512"
    case md5 = "MD5"
}

/// What one evaluation may cost.
public struct EvaluationLimits: Sendable {
    /// Levels of evaluation; each level of a syntax tree is one, tail calls add none.
    public var depth: Int
    /// Bytes of the thread's stack that the evaluation may use. A level takes one to three kilobytes.
    public var stack: Int
    /// Steps, in the order of the nodes evaluated and of the values that functions visit.
    public var steps: Int
    /// Bytes of all strings, arrays and objects made, also of those given up again; a rough figure.
    public var memory: Int
    /// Asked every thousand steps or so, which is far below ten milliseconds, whether to give up: the time is over, or
    /// nobody waits for the result any more. The evaluation then ends with `U1001`, as with a used-up budget. It is
    /// asked on the evaluation's thread and takes part in every inner loop, so it should cost no more than a look at
    /// a clock.
    public var interrupt: (@Sendable () -> Bool)?

    public init(
        depth: Int = 1_000, stack: Int = EvaluationLimits.defaultStack, steps: Int = .max, memory: Int = 512 << 20,
        interrupt: (@Sendable () -> Bool)? = nil
    ) {
        self.depth = depth
        self.stack = stack
        self.steps = steps
        self.memory = memory
        self.interrupt = interrupt
    }
}

extension EvaluationLimits {
    /// Half of what threads have, at least.
    #if os(Linux)
    public static let defaultStack = 4 << 20
    #else
    public static let defaultStack = 256 << 10
    #endif
}

/// All that an evaluation takes from the world outside, so that the same values give the same result.
public struct EvaluationEnvironment: Sendable {
    /// `$now()` and `$millis()`, and the date that `$toMillis` completes times with.
    public var now: Timestamp
    /// Where `$random()`, `$shuffle` and `$uuid()` begin.
    public var seed: UInt64
    public var limits: EvaluationLimits
    public var nonFiniteNumbers: NonFiniteNumbers
    /// The digest of some bytes; without it `$hash` fails.
    public var hash: (@Sendable (HashAlgorithm, [UInt8]) -> [UInt8])?

    public init(
        now: Timestamp, seed: UInt64, limits: EvaluationLimits = EvaluationLimits(),
        nonFiniteNumbers: NonFiniteNumbers = .null, hash: (@Sendable (HashAlgorithm, [UInt8]) -> [UInt8])? = nil
    ) {
        self.now = now
        self.seed = seed
        self.limits = limits
        self.nonFiniteNumbers = nonFiniteNumbers
        self.hash = hash
    }
}
