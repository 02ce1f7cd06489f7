/// Executes a program by backtracking, with its own stack.
struct RegexMachine {
    private let program: RegexProgram
    private let input: [Unicode.Scalar]
    private var slots: [Int]
    private var backtracks: [Backtrack] = []
    private(set) var budget: Int
    private let meter: (any StepMeter)?

    private enum Backtrack {
        case resume(instruction: Int, position: Int)
        case restore(slot: Int, value: Int)
    }

    /// More than this many entries on the stack are refused like an exhausted budget.
    private static let maximumBacktracks = 1_000_000

    init(_ program: RegexProgram, input: [Unicode.Scalar], budget: Int, meter: (any StepMeter)? = nil) {
        self.program = program
        self.input = input
        self.budget = budget
        self.meter = meter
        slots = Array(repeating: -1, count: program.slotCount)
    }

    /// The match at a position, if there is one; with `toEnd` only one that uses all the input.
    mutating func run(at start: Int, toEnd: Bool) throws(RegularExpressionError) -> RegularExpression.Match? {
        for index in slots.indices { slots[index] = -1 }
        backtracks.removeAll(keepingCapacity: true)
        guard let end = try match(from: 0, at: start, requiredEnd: toEnd ? input.count : nil) else { return nil }
        let groups = (0..<program.groupCount).map { group -> Range<Int>? in
            let (low, high) = (slots[2 * group + 2], slots[2 * group + 3])
            return low >= 0 && high >= low ? low..<high : nil
        }
        return RegularExpression.Match(range: start..<end, groups: groups)
    }

    /// Runs to an `accept` and answers the position there. Choices that were made on the way stay on the stack.
    private mutating func match(
        from firstInstruction: Int, at start: Int, requiredEnd: Int?
    ) throws(RegularExpressionError) -> Int? {
        let floor = backtracks.count
        var instruction = firstInstruction
        var position = start
        while true {
            budget -= 1
            if budget < 0, let meter { budget = meter.grantSteps() - 1 }
            guard budget >= 0, backtracks.count < Self.maximumBacktracks else {
                throw RegularExpressionError(.budgetExceeded, "The regular expression takes too many steps")
            }
            var succeeds = true
            switch program.instructions[instruction] {
            case .scalar(let value):
                succeeds = position < input.count && scalarMatches(input[position].value, value)
                position += 1
                instruction += 1
            case .any:
                succeeds =
                    position < input.count
                    && (program.flags.contains(.dotMatchesLineBreaks) || !isLineBreak(input[position].value))
                position += 1
                instruction += 1
            case .set(let index):
                succeeds =
                    position < input.count
                    && program.sets[index].contains(
                        input[position].value, ignoringCase: program.flags.contains(.ignoresCase))
                position += 1
                instruction += 1
            case .anchor(let anchor):
                succeeds = holds(anchor, at: position)
                instruction += 1
            case .backReference(let group):
                if let length = backReferenceLength(group, at: position) {
                    position += length
                } else {
                    succeeds = false
                }
                instruction += 1
            case .save(let slot):
                set(slot, to: position)
                instruction += 1
            case .clear(let range):
                for slot in range { set(slot, to: -1) }
                instruction += 1
            case .split(let first, let second):
                backtracks.append(.resume(instruction: second, position: position))
                instruction = first
            case .jump(let target):
                instruction = target
            case .progress(let slot, let exit):
                let isProgress = slots[slot] != position
                succeeds = isProgress || exit != nil
                instruction = isProgress ? instruction + 1 : exit ?? instruction
            case .look(let isAhead, let isNegated, let next):
                succeeds = try look(from: instruction + 1, at: position, isAhead: isAhead) != isNegated
                instruction = next
            case .atomic(let next):
                let mark = backtracks.count
                if let end = try match(from: instruction + 1, at: position, requiredEnd: nil) {
                    dropChoices(above: mark)
                    position = end
                } else {
                    succeeds = false
                }
                instruction = next
            case .accept:
                guard let requiredEnd, requiredEnd != position else { return position }
                succeeds = false
            }
            if succeeds { continue }
            guard let choice = backtrack(to: floor) else { return nil }
            (instruction, position) = choice
        }
    }

    private mutating func set(_ slot: Int, to value: Int) {
        backtracks.append(.restore(slot: slot, value: slots[slot]))
        slots[slot] = value
    }

    /// Undoes what was done since the last choice and takes it away from the stack.
    private mutating func backtrack(to floor: Int) -> (Int, Int)? {
        while backtracks.count > floor {
            switch backtracks.removeLast() {
            case .resume(let instruction, let position): return (instruction, position)
            case .restore(let slot, let value): slots[slot] = value
            }
        }
        return nil
    }

    /// Keeps what is needed to undo, but makes the choices above the mark final.
    private mutating func dropChoices(above mark: Int) {
        var kept = mark
        for index in mark..<backtracks.count {
            if case .restore = backtracks[index] {
                backtracks[kept] = backtracks[index]
                kept += 1
            }
        }
        backtracks.removeLast(backtracks.count - kept)
    }

    private mutating func look(
        from instruction: Int, at position: Int, isAhead: Bool
    ) throws(RegularExpressionError) -> Bool {
        let mark = backtracks.count
        if isAhead {
            let found = try match(from: instruction, at: position, requiredEnd: nil) != nil
            if found { dropChoices(above: mark) }
            return found
        }
        for start in stride(from: position, through: 0, by: -1) {
            if try match(from: instruction, at: start, requiredEnd: position) != nil {
                dropChoices(above: mark)
                return true
            }
        }
        return false
    }

    private func scalarMatches(_ value: UInt32, _ wanted: UInt32) -> Bool {
        value == wanted || program.flags.contains(.ignoresCase) && foldedCase(value) == wanted
    }

    private func isLineBreak(_ value: UInt32) -> Bool {
        switch value {
        case 0x0A, 0x0D, 0x2028, 0x2029: true
        case 0x85: program.dialect == .java
        default: false
        }
    }

    private func isWord(at position: Int) -> Bool {
        input.indices.contains(position) && ScalarSet.contains(.word, input[position].value, program.dialect)
    }

    private func holds(_ anchor: RegexAnchor, at position: Int) -> Bool {
        let isMultiline = program.flags.contains(.multiline)
        switch anchor {
        case .textStart: return position == 0
        case .textEnd: return position == input.count
        case .lineStart:
            return position == 0 || isMultiline && isLineBreak(input[position - 1].value)
        case .lineEnd:
            if position == input.count { return true }
            if isMultiline { return isLineBreak(input[position].value) }
            return program.dialect == .java && isFinalLineBreak(at: position)
        case .lastLineEnd:
            return position == input.count || isFinalLineBreak(at: position)
        case .wordBoundary: return isWord(at: position - 1) != isWord(at: position)
        case .noWordBoundary: return isWord(at: position - 1) == isWord(at: position)
        }
    }

    private func isFinalLineBreak(at position: Int) -> Bool {
        switch input.count - position {
        case 1: isLineBreak(input[position].value)
        case 2: input[position] == "\r" && input[position + 1] == "\n"
        default: false
        }
    }

    /// In JavaScript a reference to a group that took no part matches the empty text, in Java nothing.
    private mutating func backReferenceLength(_ group: Int, at position: Int) -> Int? {
        let (low, high) = (slots[2 * group], slots[2 * group + 1])
        guard low >= 0, high >= low else { return program.dialect == .ecmaScript ? 0 : nil }
        let length = high - low
        guard position + length <= input.count else { return nil }
        budget -= length
        for offset in 0..<length {
            let (left, right) = (input[low + offset].value, input[position + offset].value)
            let isEqual = left == right || program.flags.contains(.ignoresCase) && foldedCase(left) == foldedCase(right)
            guard isEqual else { return nil }
        }
        return length
    }
}
