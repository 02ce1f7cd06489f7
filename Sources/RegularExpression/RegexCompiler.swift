/// What the machine executes.
enum RegexInstruction: Sendable {
    case scalar(UInt32)
    case any
    case set(Int)
    case anchor(RegexAnchor)
    case backReference(Int)
    /// Stores the position in a slot.
    case save(Int)
    /// Forgets the groups in a range of slots: those of a repetition, before each round.
    case clear(Range<Int>)
    /// Goes on at the first target, and at the second if that fails.
    case split(Int, Int)
    case jump(Int)
    /// Fails if the position is still that in the slot: a round of a repetition that matched nothing. With an exit it
    /// goes on there instead: Java takes such a round for the last.
    case progress(Int, exit: Int?)
    /// Runs what follows up to its `accept` on its own, then goes on at the target.
    case look(isAhead: Bool, isNegated: Bool, next: Int)
    case atomic(next: Int)
    case accept
}

struct RegexProgram: Sendable {
    let instructions: [RegexInstruction]
    let sets: [ScalarSet]
    let groupCount: Int
    let slotCount: Int
    let flags: RegularExpression.Flags
    let dialect: RegularExpression.Dialect
}

struct RegexCompiler {
    private let groupCount: Int
    private let flags: RegularExpression.Flags
    private let dialect: RegularExpression.Dialect
    private var instructions: [RegexInstruction] = []
    private var sets: [ScalarSet] = []
    private var slotCount: Int

    static let maximumInstructions = 50_000

    init(groupCount: Int, flags: RegularExpression.Flags, dialect: RegularExpression.Dialect) {
        self.groupCount = groupCount
        self.flags = flags
        self.dialect = dialect
        // Two for the whole match, two for each group, then those of repetitions.
        slotCount = 2 * (groupCount + 1)
    }

    mutating func compile(_ node: RegexNode) throws(RegularExpressionError) -> RegexProgram {
        try emit(node)
        try append(.accept)
        return RegexProgram(
            instructions: instructions, sets: sets, groupCount: groupCount, slotCount: slotCount, flags: flags,
            dialect: dialect)
    }

    private mutating func append(_ instruction: RegexInstruction) throws(RegularExpressionError) {
        guard instructions.count < Self.maximumInstructions else {
            throw RegularExpressionError(.tooLarge, "The regular expression is too large")
        }
        instructions.append(instruction)
    }

    private mutating func emit(_ node: RegexNode) throws(RegularExpressionError) {
        switch node {
        case .empty: break
        case .scalar(let value):
            try append(.scalar(flags.contains(.ignoresCase) ? foldedCase(value) : value))
        case .any: try append(.any)
        case .set(let set):
            sets.append(set)
            try append(.set(sets.count - 1))
        case .sequence(let nodes):
            for node in nodes { try emit(node) }
        case .alternatives(let nodes):
            try emitAlternatives(nodes)
        case .group(let node, let number):
            try append(.save(2 * number))
            try emit(node)
            try append(.save(2 * number + 1))
        case .anchor(let anchor): try append(.anchor(anchor))
        case .backReference(let number): try append(.backReference(number))
        case .look(let node, let isAhead, let isNegated):
            let start = instructions.count
            try append(.accept)
            try emit(node)
            try append(.accept)
            instructions[start] = .look(isAhead: isAhead, isNegated: isNegated, next: instructions.count)
        case .atomic(let node):
            try emitAtomic(node)
        case .repetition(let node, let minimum, let maximum, .possessive):
            try emitAtomic(.repetition(node, minimum: minimum, maximum: maximum, .greedy))
        case .repetition(let node, let minimum, let maximum, let kind):
            try emitRepetition(of: node, minimum: minimum, maximum: maximum, isLazy: kind == .lazy)
        }
    }

    private mutating func emitAtomic(_ node: RegexNode) throws(RegularExpressionError) {
        let start = instructions.count
        try append(.accept)
        try emit(node)
        try append(.accept)
        instructions[start] = .atomic(next: instructions.count)
    }

    private mutating func emitAlternatives(_ nodes: [RegexNode]) throws(RegularExpressionError) {
        var jumps: [Int] = []
        for node in nodes.dropLast() {
            let split = instructions.count
            try append(.accept)
            try emit(node)
            jumps.append(instructions.count)
            try append(.accept)
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = nodes.last { try emit(last) }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
    }

    private mutating func emitRepetition(
        of node: RegexNode, minimum: Int, maximum: Int?, isLazy: Bool
    ) throws(RegularExpressionError) {
        for _ in 0..<minimum { try emitRound(of: node) }
        if let maximum, maximum <= minimum { return }
        let progressSlot: Int? = canBeEmpty(node) ? slotCount : nil
        if progressSlot != nil { slotCount += 1 }
        var splits: [Int] = []
        var checks: [Int] = []
        for _ in 0..<(maximum.map { $0 - minimum } ?? 1) {
            splits.append(instructions.count)
            try append(.accept)
            if let progressSlot { try append(.save(progressSlot)) }
            try emitRound(of: node)
            if let progressSlot {
                checks.append(instructions.count)
                try append(.progress(progressSlot, exit: nil))
            }
        }
        if maximum == nil { try append(.jump(splits[0])) }
        let exit = instructions.count
        for split in splits { instructions[split] = isLazy ? .split(exit, split + 1) : .split(split + 1, exit) }
        if dialect == .java, let progressSlot {
            for check in checks { instructions[check] = .progress(progressSlot, exit: exit) }
        }
    }

    private mutating func emitRound(of node: RegexNode) throws(RegularExpressionError) {
        // In JavaScript each round begins with its groups unset.
        if dialect == .ecmaScript, let groups = slots(of: node) { try append(.clear(groups)) }
        try emit(node)
    }

    /// Whether a node may match the empty text; a rough answer, for leaving out checks that never fail.
    private func canBeEmpty(_ node: RegexNode) -> Bool {
        switch node {
        case .scalar, .any, .set: false
        case .sequence(let nodes): nodes.allSatisfy(canBeEmpty)
        case .alternatives(let nodes): nodes.contains(where: canBeEmpty)
        case .group(let inner, _), .atomic(let inner): canBeEmpty(inner)
        case .repetition(let inner, let minimum, _, _): minimum == 0 || canBeEmpty(inner)
        case .empty, .look, .backReference, .anchor: true
        }
    }

    /// The slots of the groups within a node, which are consecutive.
    private func slots(of node: RegexNode) -> Range<Int>? {
        switch node {
        case .group(let inner, let number):
            let own = 2 * number..<2 * number + 2
            return slots(of: inner).map { own.lowerBound..<max(own.upperBound, $0.upperBound) } ?? own
        case .sequence(let nodes), .alternatives(let nodes):
            return nodes.compactMap(slots).reduce(nil) { union, range in
                guard let union else { return range }
                return min(union.lowerBound, range.lowerBound)..<max(union.upperBound, range.upperBound)
            }
        case .atomic(let inner), .look(let inner, _, _), .repetition(let inner, _, _, _):
            return slots(of: inner)
        default:
            return nil
        }
    }
}
