internal import JSONValue

/// The state of one evaluation: what it was given and what it has used up.
final class Evaluator {
    let environment: EvaluationEnvironment
    let level: CompatibilityLevel
    let dialect: Dialect
    /// `$$`
    let root: Value
    let bindings: [String: JSON]
    /// The outermost scope, with the bindings of the caller.
    let globals: Frame
    @exclusivity(unchecked) private(set) var names: VariableNames
    var random: RandomGenerator

    // Checking exclusive access to what every node counts would cost more than the counting; nothing here is
    // passed inout.
    @exclusivity(unchecked) private(set) var depth = 0
    @exclusivity(unchecked) private var countdown: Int
    @exclusivity(unchecked) private var stepsLeft: Int
    @exclusivity(unchecked) private var memoryLeft: Int
    private let maximumDepth: Int

    /// A call that a function's body ended with, to be made by who called that function.
    struct TailCall {
        let call: CallNode
        let input: Value
        let frame: Frame
    }
    @exclusivity(unchecked) var tailCall: TailCall?

    /// What may refer to itself by way of functions.
    @exclusivity(unchecked) private var cyclicFrames: [Frame] = []
    @exclusivity(unchecked) private var cyclicObjects: [ObjectValue] = []

    private let lowestStackAddress: UInt
    private static let interval = 1_024

    init(
        _ expression: Expression, root: Value, bindings: [String: JSON], environment: EvaluationEnvironment
    ) {
        self.environment = environment
        level = expression.level
        dialect = expression.dialect
        self.root = root
        self.bindings = bindings
        names = expression.plan.names
        globals = Frame(parent: nil)
        random = RandomGenerator(seed: environment.seed)
        maximumDepth = environment.limits.depth
        stepsLeft = environment.limits.steps
        memoryLeft = environment.limits.memory
        countdown = min(Self.interval, stepsLeft)
        let address = Self.stackAddress()
        lowestStackAddress = address - min(UInt(max(environment.limits.stack, 0)), address)
        if !bindings.isEmpty {
            for (id, name) in names.names.enumerated() where !name.isEmpty {
                if let value = bindings[name] { globals.bind(id, Value(value)) }
            }
        }
    }

    /// Numbers the names of an expression that is parsed during the evaluation.
    func adopt(_ names: VariableNames) {
        for id in self.names.names.count..<max(names.names.count, self.names.names.count) {
            if let value = bindings[names.names[id]] { globals.bind(id, Value(value)) }
        }
        self.names = names
    }

    // MARK: Limits

    @inline(__always)
    func enter() throws(JSONataError) {
        depth += 1
        guard depth <= maximumDepth else { throw .tooDeep() }
        // The stack grows by little from one level to the next, so not every level has to look.
        if depth & 7 == 0, Self.stackAddress() < lowestStackAddress { throw .tooDeep() }
        countdown -= 1
        if countdown <= 0 { try checkTime() }
    }

    /// Roughly where the stack ends at the moment. It grows downward on every platform that Swift supports.
    @inline(never)
    private static func stackAddress() -> UInt {
        var marker: UInt8 = 0
        return withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
    }

    func releaseLater(_ frame: Frame) { cyclicFrames.append(frame) }

    func releaseLater(_ object: ObjectValue) { cyclicObjects.append(object) }

    /// Breaks cycles of references; nothing can be evaluated afterwards.
    func close() {
        for frame in cyclicFrames { frame.removeAll() }
        for object in cyclicObjects { object.removeAll() }
    }

    @inline(__always)
    func leave() { depth -= 1 }

    /// Takes so many steps from the budget.
    @inline(__always)
    func spend(_ steps: Int = 1) throws(JSONataError) {
        countdown -= steps
        if countdown <= 0 { try checkTime() }
    }

    /// Steps taken from the budget so far.
    var stepsMade: Int {
        environment.limits.steps - stepsLeft + min(Self.interval, max(stepsLeft, 0)) - countdown
    }

    @inline(never)
    private func checkTime() throws(JSONataError) {
        stepsLeft -= Self.interval - min(countdown, 0)
        countdown = min(Self.interval, max(stepsLeft, 0))
        let isOver = stepsLeft <= 0 || environment.limits.interrupt?() ?? false
        if isOver { throw .timeout }
    }

    /// Counts memory that is about to be used.
    @inline(__always)
    func allocate(_ bytes: Int) throws(JSONataError) {
        memoryLeft -= bytes
        if memoryLeft < 0 { throw .outOfMemory }
    }

    func allocate(elements: Int) throws(JSONataError) {
        try allocate(elements &* MemoryLayout<Value>.stride)
    }
}

extension JSONataError {
    static var timeout: JSONataError {
        JSONataError(
            "U1001",
            details: .init(message: "Expression evaluation timeout: Check for infinite loop", type: "time"))
    }

    static var outOfMemory: JSONataError {
        JSONataError(
            "U1001",
            details: .init(
                message: "Expression evaluation memory limit exceeded: Check for excessive memory usage",
                type: "memory"))
    }
}

/// SplitMix64: small, fast, and the same everywhere.
struct RandomGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// 0 ≤ n < 1
    mutating func nextUnit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
}
