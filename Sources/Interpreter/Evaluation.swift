import Intrinsics
import JSONPath
import JSONValue
import StatesLanguage

/// The data flow of a state: what its paths and templates make of input and result.
extension Execution {
    /// An error of the definition or its data, which nothing catches.
    func runtime(_ slot: Int, _ detail: String) -> Failure {
        let scope = scopes[slot]
        // A state that is tested by itself has no place in a history.
        let place =
            "An error occurred while executing the state '\(scope.state?.name ?? "")' "
            + "(entered at the event id #\(scope.enteredID)). "
        let cause = bench == nil ? place + detail : detail
        return Failure(StateFailure(error: ErrorName.runtime, cause: cause), isTerminal: true)
    }

    // MARK: Paths

    mutating func scope(for path: Path, document: JSON, _ slot: Int) -> PathScope {
        switch path.root {
        case .document: PathScope(document: document, meter: work.meter)
        case .context: PathScope(document: document, context: context(slot), meter: work.meter)
        case .variable: PathScope(document: document, variables: variables(of: slot), meter: work.meter)
        }
    }

    mutating func value(at path: Path, on document: JSON, _ slot: Int) throws(Failure) -> JSON {
        do throws(PathError) {
            return try path.evaluate(in: scope(for: path, document: document, slot))
        } catch {
            throw runtime(slot, "Invalid path '\(path.text)' : \(error.message)")
        }
    }

    /// The state's input after InputPath.
    @inline(__always)
    mutating func input(of state: State, _ slot: Int) throws(Failure) -> JSON {
        if case .whole = state.inputPath { return scopes[slot].input }
        return try select(state.inputPath, of: scopes[slot].input, slot)
    }

    /// InputPath or OutputPath.
    @inline(__always)
    mutating func select(_ path: DataPath, of document: JSON, _ slot: Int) throws(Failure) -> JSON {
        switch path {
        case .whole: return document
        case .discard: return .object(JSONObject())
        case .path(let path): return try value(at: path, on: document, slot)
        }
    }

    @inline(__always)
    func apply(_ path: ResultPath, result: JSON, to input: JSON, _ slot: Int) throws(Failure) -> JSON {
        switch path {
        case .replace: return result
        case .discard: return input
        case .path(let path): return try set(result, at: path, in: input, slot)
        }
    }

    func set(
        _ result: JSON, at path: ReferencePath, in input: JSON, _ slot: Int
    ) throws(Failure) -> JSON {
        do throws(PathError) {
            return try path.setting(result, in: input)
        } catch {
            throw runtime(slot, "Unable to apply ReferencePath \(path.text) to input \(input.serialized())")
        }
    }

    // MARK: Numbers and texts

    mutating func wholeNumber(
        _ source: NumberSource<Int>?, _ field: String, _ input: JSON, in range: ClosedRange<Int>, _ slot: Int,
        _ turn: inout Turn
    ) throws(Failure) -> Int? {
        switch source {
        case nil: return nil
        case .constant(let number)?: return number
        case .expression(let expression)?: return try wholeNumber(expression, in: range, slot, &turn)
        case .path(let path)?:
            let value = try value(at: path, on: input, slot)
            guard let number = value.wholeNumber else {
                throw runtime(
                    slot,
                    "The \(field) field refers to value \"\(value.bareText)\" which is not a valid integer: "
                        + path.text)
            }
            return number
        }
    }

    mutating func number(
        _ source: NumberSource<Double>?, _ field: String, _ input: JSON, in range: ClosedRange<Double>, _ slot: Int,
        _ turn: inout Turn
    ) throws(Failure) -> Double? {
        switch source {
        case nil: return nil
        case .constant(let number)?: return number
        case .expression(let expression)?: return try number(expression, in: range, slot, &turn)
        case .path(let path)?:
            let value = try value(at: path, on: input, slot)
            // As with whole numbers, a text that is one will do.
            guard let number = value.doubleValue ?? value.stringValue.flatMap({ Double($0) }), number.isFinite else {
                throw runtime(
                    slot,
                    "The \(field) field refers to value \"\(value.bareText)\" which is not a valid float: \(path.text)")
            }
            return number
        }
    }

    /// TimeoutSeconds or HeartbeatSeconds.
    mutating func seconds(
        _ source: NumberSource<Int>, _ field: String, _ input: JSON, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) -> Int? {
        let range = 1...99_999_999
        let seconds = try wholeNumber(source, field, input, in: range, slot, &turn)
        if let seconds, !range.contains(seconds) {
            throw runtime(slot, "The \(field) field must refer to a number from 1 to 99999999, but it is \(seconds).")
        }
        return seconds
    }

    /// Error or Cause of a Fail state.
    mutating func text(
        _ source: TextSource?, _ field: String, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) -> String? {
        let input = scopes[slot].input
        let value: JSON
        switch source {
        case nil: return nil
        case .constant(let text)?: return text
        case .path(let path)?:
            do throws(PathError) {
                value = try path.evaluate(in: scope(for: path, document: input, slot))
            } catch {
                throw notFound(path.text, field, input, slot)
            }
        case .intrinsic(let call)?:
            value = try evaluate(call, field, on: input, slot, using: &turn.random)
        case .expression(let expression)?: return try string(expression, slot, &turn)
        }
        guard let text = value.stringValue else {
            throw runtime(slot, "The value of the field '\(field)' must be a string but was: \(value.serialized())")
        }
        return text
    }

    func notFound(_ path: String, _ field: String, _ input: JSON, _ slot: Int) -> Failure {
        runtime(
            slot,
            "The JSONPath '\(path)' specified for the field '\(field)' could not be found in the input "
                + "'\(input.serialized())'")
    }

    // MARK: Limits

    /// Throws States.DataLimitExceeded for what is too large to hand on, or nested so deep that nobody could read it
    /// again: values are nested one level deeper when functions, Parallel and Map put something around them, so that
    /// what every reader of JSON here takes can grow beyond it.
    @inline(__always)
    mutating func checkSize(of value: JSON, from name: @autoclosure () -> String) throws(Failure) {
        let bytes = work.byteCount(of: value, upTo: limits.payloadBytes)
        // It will be written down, which others have to wait for.
        work.note(bytes / 64)
        // What is as small as most values are cannot be nested too deeply either.
        if bytes > min(limits.payloadBytes, 2 * JSON.maximumDepth) { try checkSize(bytes, of: value, from: name()) }
    }

    /// As `checkSize(of:from:)`, for what has been measured.
    func checkSize(_ bytes: Int, of value: JSON, from name: String) throws(Failure) {
        // Every level takes two bytes at least.
        guard
            bytes > limits.payloadBytes
                || bytes > 2 * JSON.maximumDepth && value.isNested(deeperThan: JSON.maximumDepth)
        else { return }
        let cause =
            "The state/task '\(name)' returned a result with a size exceeding the maximum number of bytes service "
            + "limit."
        throw Failure(StateFailure(error: ErrorName.dataLimitExceeded, cause: cause))
    }

    // MARK: The context object

    /// `$$`
    ///
    /// - Parameters:
    ///   - token: The token of the attempt that is about to be made, for tasks that hand it on.
    ///   - item: Index and value of the iteration that is about to start.
    func context(_ slot: Int, token: String? = nil, item: (index: Int, value: JSON)? = nil) -> JSON {
        if let bench { return bench.context(of: self, token: token, item: item) }
        let scope = scopes[slot]
        var execution: JSONObject = [
            "Id": .string(identity.arn),
            "Input": input,
            "StartTime": .string(identity.startedAt.rfc3339),
            "Name": .string(identity.name),
            "RoleArn": .string(identity.roleARN),
            "RedriveCount": .int(Int64(redriveCount)),
        ]
        if let redrivenAt { execution["RedriveTime"] = .string(redrivenAt.rfc3339) }
        let machine: JSON = [
            "Id": .string(identity.stateMachineARN), "Name": .string(identity.stateMachineName),
        ]
        var context = JSONObject([("Execution", .object(execution)), ("StateMachine", machine)])
        if let state = scope.state {
            var entry = JSONObject()
            entry["Name"] = .string(state.name)
            entry["EnteredTime"] = .string(scope.enteredAt.rfc3339)
            switch state.kind {
            case .task, .parallel, .map: entry["RetryCount"] = .int(Int64(scope.retryCount))
            default: break
            }
            context["State"] = .object(entry)
        }
        if let token { context["Task"] = ["Token": .string(token)] }
        if let item = item ?? enclosingItem(of: slot) {
            context["Map"] = ["Item": ["Index": .int(Int64(item.index)), "Value": item.value]]
        }
        return .object(context)
    }

    private func enclosingItem(of slot: Int) -> (index: Int, value: JSON)? {
        var slot = slot
        while slot >= 0 {
            if let item = scopes[slot].item { return (scopes[slot].index, item) }
            slot = scopes[slot].parent
        }
        return nil
    }
}

extension JSON {
    /// A whole number that is written as one, as number or as text.
    var wholeNumber: Int? {
        switch self {
        case .int(let value): Int(exactly: value)
        case .string(let text): Int(text)
        default: nil
        }
    }

    /// A text without quotes, anything else as JSON.
    var bareText: String { stringValue ?? serialized() }

    /// Bytes of the value's compact text.
    var byteCount: Int { byteCount(upTo: .max) }

    /// Bytes of the value's compact text; stops counting when there are more.
    func byteCount(upTo limit: Int) -> Int {
        var left = limit
        count(&left)
        return limit - left
    }

    private func count(_ left: inout Int) {
        switch self {
        case .array(let elements):
            left -= 1 + Swift.max(elements.count, 1)
            elements.withUnsafeBufferPointer { elements in
                for place in elements.indices where !elements[place].countScalar(&left) { elements[place].count(&left) }
            }
        case .object(let object):
            let members = object.members
            left -= 1 + Swift.max(members.count, 1)
            members.withUnsafeBufferPointer { members in
                for place in members.indices {
                    left -= members[place].key.utf8.count + 3
                    if !members[place].value.countScalar(&left) { members[place].value.count(&left) }
                }
            }
        default: _ = countScalar(&left)
        }
    }

    /// False, and nothing counted, for arrays and objects.
    @inline(__always)
    private func countScalar(_ left: inout Int) -> Bool {
        guard left >= 0 else { return true }
        switch self {
        case .null: left -= 4
        case .bool(let value): left -= value ? 4 : 5
        case .int(let value):
            var rest = value.magnitude
            left -= value < 0 ? 2 : 1
            while rest >= 10 {
                rest /= 10
                left -= 1
            }
        case .double: left -= serialized().utf8.count
        case .number(let literal): left -= literal.utf8.count
        case .string(let text): left -= text.utf8.count + 2
        case .array, .object: return false
        }
        return true
    }
}
